import type { IncomingMessage } from "node:http"
import type { DirectLane, LaneRequest } from "./DirectLane.ts"
import type { RequestTaker } from "./RequestTakers.ts"

const one = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "string" ? value : undefined

const laneRequest = ({ headers, method = "", socket, url = "" }: IncomingMessage): LaneRequest => ({
  method,
  url,
  hasBody: headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined,
  address: socket.remoteAddress,
  ifNoneMatch: headers["if-none-match"],
  requestId: one(headers["x-request-id"]),
  forwardedFor: one(headers["x-forwarded-for"])
})

/** The direct lane of Node's HTTP server. */
export const nodeLane = (lane: DirectLane["Service"]): RequestTaker => (request, response) => {
  const answer = lane.answer(laneRequest(request))
  if (answer === undefined) {
    return false
  }
  response.writeHead(answer.status, answer.headers)
  response.end(answer.text)
  return true
}
