import { Layer } from "effect"
import * as AccountServices from "./AccountServices.ts"
import { AvailabilityWatch } from "./AvailabilityWatch.ts"
import { BookingWatch } from "./BookingWatch.ts"
import { Desk } from "./Desk.ts"
import { DirectLane } from "./DirectLane.ts"
import { EventDesk } from "./EventDesk.ts"
import { KnownEnquiries } from "./KnownEnquiries.ts"
import * as Limits from "./Limits.ts"
import { OperatorDesk } from "./OperatorDesk.ts"
import { ReadingDesk } from "./ReadingDesk.ts"
import { RequestsUnderWay } from "./RequestsUnderWay.ts"
import { Watchers } from "./Watchers.ts"

/** What all ways of calling share, so that nobody gets twice as much by calling in two ways. */
export const layer = Layer.mergeAll(
  EventDesk.layer.pipe(Layer.provideMerge(Desk.layer)),
  OperatorDesk.layer,
  DirectLane.layer,
  AvailabilityWatch.layer,
  BookingWatch.layer
).pipe(
  Layer.provideMerge(Layer.mergeAll(ReadingDesk.layer, Watchers.layer, AccountServices.layer)),
  Layer.provideMerge(Layer.mergeAll(Limits.layer, KnownEnquiries.layer, RequestsUnderWay.layer))
)
