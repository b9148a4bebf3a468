import { JourneyDate } from "./JourneyDate.ts"
import { Problem } from "./Problem.ts"
import { StationCode } from "./StationCode.ts"
import { TrainId } from "./TrainId.ts"

export class TrainNotFound extends Problem<TrainNotFound>()("TrainNotFound", 404, "Train not found", {
  trainId: TrainId
}) {}

export class StationNotFound extends Problem<StationNotFound>()("StationNotFound", 404, "Station not found", {
  stationCode: StationCode
}) {}

/** The train does not go from the one station to the other, in that order. */
export class JourneyNotOnTrain
  extends Problem<JourneyNotOnTrain>()("JourneyNotOnTrain", 422, "Train does not make this journey", {
    trainId: TrainId,
    date: JourneyDate,
    from: StationCode,
    to: StationCode
  })
{}
