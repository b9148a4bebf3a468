import { Schema } from "effect"
import { JourneyDate } from "./JourneyDate.ts"
import { Problem } from "./Problem.ts"
import { TrainId } from "./TrainId.ts"

/** Seconds after which a caller may try again; also the `Retry-After` header. */
const retryAfterSeconds = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3600 }))

/** The run's berths are being loaded again from the record; other runs sell on. */
export class RunPreparing extends Problem<RunPreparing>()("RunPreparing", 503, "Run is being prepared", {
  trainId: TrainId,
  date: JourneyDate,
  retryAfterSeconds
}) {}

/** More is asked at once than the server will queue. */
export class Overloaded extends Problem<Overloaded>()("Overloaded", 503, "Too busy", { retryAfterSeconds }) {}

/** A person calls more often than anybody may. */
export class RateLimited extends Problem<RateLimited>()("RateLimited", 429, "Too many calls", { retryAfterSeconds }) {}

/** PostgreSQL or Redis does not answer. A booking whose commit was under way may still be made: repeat it with its key. */
export class StoreUnavailable extends Problem<StoreUnavailable>()("StoreUnavailable", 503, "A store is away", {
  store: Schema.Literals(["postgresql", "redis"]),
  retryAfterSeconds
}) {}
