import type { DirectLane, LaneRequest } from "./DirectLane.ts"

const laneRequest = ({ body, headers, method, url }: Request, address: string | undefined): LaneRequest => ({
  method,
  // Behind the scheme and its two slashes.
  url: url.slice(url.indexOf("/", url.indexOf("//") + 2)),
  hasBody: body !== null,
  address,
  ifNoneMatch: headers.get("if-none-match") ?? undefined,
  requestId: headers.get("x-request-id") ?? undefined,
  forwardedFor: headers.get("x-forwarded-for") ?? undefined
})

/** The direct lane of servers of web requests. */
export const webLane = (lane: DirectLane["Service"], request: Request, address?: string): Response | undefined => {
  const answer = lane.answer(laneRequest(request, address))
  return answer === undefined
    ? undefined
    : new Response(answer.status === 304 ? null : answer.text, { status: answer.status, headers: answer.headers })
}
