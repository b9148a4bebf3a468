import { Context, Effect, Layer, Option } from "effect"
import { BookingClient } from "../BookingClient.ts"
import type { Connection } from "../Connection.ts"
import { type Destination, destination } from "./Destination.ts"

const connectionOf = ({ token, url }: Destination): Connection => ({
  url,
  ...(Option.isSome(token) ? { token: token.value } : {})
})

const build = (layer: Layer.Layer<BookingClient>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, BookingClient))

/** A server over HTTP, whose problem documents say what they mean even where the server is newer. */
export const clientOf = (to: Destination) => build(BookingClient.layerHttp(connectionOf(to)))

/** The server that was asked for. */
export const client = Effect.flatMap(destination, clientOf)

/** The same over remote calls, which have a live stream. */
export const liveClient = Effect.flatMap(destination, (to) => build(BookingClient.layerRpc(connectionOf(to))))
