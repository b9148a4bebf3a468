import { BookingRequest } from "@berth/domain/BookingRequest"
import { TrainId } from "@berth/domain/TrainId"
import { Context, Effect, type Layer, Schema } from "effect"
import { rpcOver, type Transport } from "./RpcForTests.ts"
import { dayFromToday } from "./TestNetwork.ts"
import { type Asked, type engine, readAnswer, toRequest } from "./TestServer.ts"

/** The server that is tried. */
export class RunningServer extends Context.Service<RunningServer, { readonly url: string }>()(
  "@berth/server/test/RunningServer"
) {}

/** What the tests of a server ask for: its address and its stores. */
export type Needs = RunningServer | Layer.Success<typeof engine>

export const trainId = TrainId.make("101")

export const call = Effect.fnUntraced(function*(path: string, asked: Asked = {}) {
  const { url } = yield* RunningServer
  return yield* readAnswer(yield* Effect.promise(() => fetch(toRequest(`${url}${path}`, asked))))
})

export const clientOver = Effect.fnUntraced(function*(transport: Transport, token: string) {
  return yield* rpcOver(transport, (yield* RunningServer).url, token)
})

export const requestFor = Effect.fnUntraced(function*(days: number, train = trainId, travellers = 2) {
  return yield* Schema.decodeUnknownEffect(BookingRequest)({
    trainId: train,
    date: yield* dayFromToday(days),
    travelClass: "SL",
    passengers: Array.from({ length: travellers }, () => ({ name: "Example", age: 30 }))
  })
})
