import { type Money, ofPaise } from "@berth/domain/Money"
import type { TravelClass } from "@berth/domain/TravelClass"
import { Context, Layer } from "effect"
import type { Order } from "../sale/Order.ts"

/** Sample figures of ours, and no railway's: paise a kilometre. */
const samplePaisePerKm: Readonly<Record<TravelClass, number>> = {
  "1A": 400,
  "2A": 240,
  "3A": 165,
  "3E": 150,
  SL: 60,
  CC: 150,
  EC: 300,
  "2S": 35
}

/** What a journey costs. */
export class Fares extends Context.Service<Fares, {
  /** What each passenger of an order is to pay, in the order in which they were sent. */
  of(order: Order): ReadonlyArray<Money>
}>()("@berth/engine/payment/Fares") {
  /** The same for every passenger, by class and kilometre, in whole rupees. */
  static readonly layerSample = Layer.succeed(Fares, {
    of: ({ composition, journey: { range }, request, run: { route } }) => {
      const metres = (route.stops[range.to]?.metres ?? 0) - (route.stops[range.from]?.metres ?? 0)
      const rupees = Math.ceil(samplePaisePerKm[composition.travelClass] * metres / 100_000)
      return request.passengers.map(() => ofPaise(100 * rupees))
    }
  })
}
