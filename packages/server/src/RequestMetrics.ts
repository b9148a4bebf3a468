import { type Context, Metric } from "effect"

const seconds = Metric.histogram("berth_http_request_seconds", {
  description: "Time from a request's headers to its answer, by method, route and status",
  boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
})

// Routes and statuses are few, and looking a series up by its attributes is slower than answering some requests.
const series = new Map<string, ReturnType<typeof Metric.withAttributes<number, Metric.HistogramState>>>()

/** Records how long a request took, in the figures of the fiber's context. */
export const record = (context: Context.Context<never>, request: {
  readonly method: string
  /** Its pattern, so that trains and PNRs do not make a series each. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}): void => {
  const name = `${request.method} ${request.route} ${request.status}`
  const known = series.get(name) ?? Metric.withAttributes(seconds, {
    method: request.method,
    route: request.route,
    status: String(request.status)
  })
  series.set(name, known)
  known.updateUnsafe(request.seconds, context)
}
