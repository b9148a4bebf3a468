import { counter, histograms, note, readGauge } from "@berth/engine/metrics/Series"

const seconds = histograms(
  "berth_http_request_seconds",
  "Time from a request's headers to its answer, by method, route and status",
  ["method", "route", "status"]
)

/** Calls refused because their caller had made too many. */
export const rateLimited = counter("berth_rate_limited_total", "Calls refused because their caller had made too many")

/** Records how long a request took. */
export const record = (request: {
  readonly method: string
  /** Its pattern, so that trains and PNRs do not make a series each. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}): void => note(seconds(request.method, request.route, String(request.status)), request.seconds)

/** Shows how many requests are under way. */
export const showUnderWay = (count: () => number): void =>
  readGauge("berth_http_requests_under_way", "Requests under way; refused from 2,048 up", count)
