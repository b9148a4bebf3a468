import { Effect } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A server that is not quite Berth: it answers as it is told, and writes down who came. */
export const otherServer = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly arrivals: Array<IncomingMessage>; readonly close: () => void }>(
      (resume) => {
        const arrivals: Array<IncomingMessage> = []
        const server = createServer((request, response) => {
          arrivals.push(request)
          answer(request, response)
        })
        server.listen(0, "127.0.0.1", () => {
          const address: AddressInfo | string | null = server.address()
          const port = address !== null && typeof address === "object" ? address.port : 0
          const close = () => {
            server.close()
            server.closeAllConnections()
          }
          resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, arrivals, close }))
        })
      }
    ),
    ({ close }) => Effect.sync(close)
  )

export const answerJson = (response: ServerResponse, document: unknown): void => {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(document))
}
