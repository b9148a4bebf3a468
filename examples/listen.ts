import { Effect } from "effect"
import { createServer, type RequestListener } from "node:http"

/** A server on a free port of this machine, closed with the scope; answers its address. */
export const listen = Effect.fnUntraced(function*(listener: RequestListener) {
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => createServer(listener)),
    (open) =>
      Effect.callback<void>((resume) => {
        open.close(() => resume(Effect.void))
        open.closeIdleConnections()
      })
  )
  return yield* Effect.callback<string>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed(`http://127.0.0.1:${port}`))
    })
  })
})
