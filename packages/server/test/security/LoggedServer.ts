import * as Logging from "@berth/engine/Logging"
import { Stations } from "@berth/engine/timetable/Stations"
import * as NodeServer from "@berth/server/NodeServer"
import { ConfigProvider, Console, Context, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { readAnswer, toRequest } from "../TestServer.ts"

/** A server, and the entries of its log; `search` of stations dies of a text where one is given. */
export const start = Effect.fnUntraced(
  function*(options: { readonly fault?: string; readonly format?: "text" | "json" } = {}) {
    const { fault, format = "json" } = options
    const entries: Array<string> = []
    const stations = yield* Stations
    const settings = ConfigProvider.fromUnknown({ LOG_FORMAT: format, LOG_LEVEL: "Debug" })
    const built = yield* Layer.build(NodeServer.layer({ host: "127.0.0.1", port: 0 })).pipe(
      Effect.provideService(Stations, {
        ...stations,
        ...(fault === undefined
          ? {}
          : { search: () => Effect.andThen(Effect.logWarning(fault), Effect.die(new Error(fault))) })
      }),
      Effect.provide(Layer.provide(Logging.layer, ConfigProvider.layer(settings))),
      Effect.provideService(Console.Console, { ...console, log: (entry: string) => entries.push(entry) })
    )
    const url = new URL(HttpServer.formatAddress(Context.get(built, HttpServer.HttpServer).address))
    const call = (path: string, asked: Parameters<typeof toRequest>[1] = {}) =>
      Effect.flatMap(Effect.promise(() => fetch(toRequest(new URL(path, url).href, asked))), readAnswer)
    return { url, call, entries }
  }
)
