import { Effect, Schedule } from "effect"
import { HttpServerError } from "effect/http"
import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2"
import type { AddressInfo, Socket } from "node:net"

const limits = {
  // Calls of one connection at once.
  settings: { maxConcurrentStreams: 128 },
  // Megabytes.
  maxSessionMemory: 4,
  maxSessionInvalidFrames: 100,
  unknownProtocolTimeout: 10_000
}

const connectionsMax = 1_024

/** Time without a word after which a connection is ended that has no call under way. */
const idleMillisMax = 300_000

/** Time without a word after which a connection is probed, so that nobody is answered who has vanished. */
const probeAfterMillis = 30_000

/** How long a stop waits for calls under way; no new ones are taken meanwhile. */
const stopMillisMax = 10_000

/** All that a caller sends in a call must have arrived by the seventh look. */
const lookEvery = "5 seconds"
const looksMax = 6

/** Ends calls whose request does not: headers, one byte now and then, and nothing more. */
const endSlowRequests = (server: Http2Server) => {
  const unfinished = new Map<ServerHttp2Stream, number>()
  let looks = 0
  server.on("stream", (stream: ServerHttp2Stream) => {
    const forget = () => unfinished.delete(stream)
    unfinished.set(stream, looks)
    stream.once("end", forget).once("close", forget)
  })
  return Effect.sync(() => {
    looks++
    for (const [stream, since] of unfinished) {
      if (looks - since > looksMax) {
        stream.close(constants.NGHTTP2_CANCEL)
      }
    }
  }).pipe(Effect.repeat(Schedule.spaced(lookEvery)))
}

const followSessions = (server: Http2Server): ReadonlySet<ServerHttp2Session> => {
  const sessions = new Set<ServerHttp2Session>()
  server.on("session", (session: ServerHttp2Session) => {
    sessions.add(session)
    session.once("close", () => sessions.delete(session))
    session.setTimeout(idleMillisMax, () => session.close())
  })
  return sessions
}

const listen = (server: Http2Server, options: { readonly host: string; readonly port: number }) =>
  Effect.callback<AddressInfo, HttpServerError.ServeError>((resume) => {
    const fail = (cause: Error) => resume(Effect.fail(new HttpServerError.ServeError({ cause })))
    server.once("error", fail).listen(options, () => {
      server.off("error", fail)
      const address = server.address()
      resume(
        typeof address === "object" && address !== null
          ? Effect.succeed(address)
          : Effect.die(new Error("a listener on a port has no address"))
      )
    })
  })

/** Listens for HTTP/2 without TLS, until the scope ends; then calls under way are let finish. */
export const listenHttp2 = Effect.fnUntraced(function*(options: {
  readonly host: string
  readonly port: number
  readonly onRequest: Parameters<typeof createServer>[1]
  /** Ends what would go on for ever, before a stop waits for the rest. */
  readonly beforeStop: Effect.Effect<unknown>
}) {
  const server = yield* Effect.sync(() => createServer(limits, options.onRequest))
  server.maxConnections = connectionsMax
  server.on("connection", (socket: Socket) => socket.setKeepAlive(true, probeAfterMillis))
  const sessions = followSessions(server)
  const address = yield* listen(server, options)

  const closed = Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
  })
  const destroyed = Effect.sync(() => {
    for (const session of sessions) {
      session.destroy()
    }
  })
  yield* Effect.addFinalizer(() =>
    options.beforeStop.pipe(
      Effect.andThen(closed),
      Effect.timeoutOrElse({ duration: stopMillisMax, orElse: () => destroyed })
    )
  )
  yield* Effect.forkScoped(endSlowRequests(server))
  return address
})
