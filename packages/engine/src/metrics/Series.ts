import { Context, Effect, type Exit, Metric } from "effect"

const registry = Context.empty()

/** Shown from the start as zero, so that what never happened can be told from what nobody counts. */
const shown = <M extends Metric.Metric<never, unknown>>(metric: M): M => {
  metric.valueUnsafe(registry)
  return metric
}

/** Bounds of latencies, seconds: from a script of Redis to the longest that a request may take. */
export const latencySeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** A count of what happened; its name ends in `_total`. */
export const counter = (name: string, description: string): Metric.Counter<number> =>
  shown(Metric.counter(name, { description, incremental: true }))

export const histogram = (
  name: string,
  description: string,
  boundaries: ReadonlyArray<number> = latencySeconds
): Metric.Histogram<number> => shown(Metric.histogram(name, { description, boundaries }))

/**
 * The series of one metric by the values of its labels. They are looked up by one text: to merge attributes at each
 * update costs more than some of what is measured.
 */
const family = <M>(
  labels: ReadonlyArray<string>,
  make: (attributes: Record<string, string>) => M
) => {
  const known = new Map<string, M>()
  return (...values: ReadonlyArray<string>): M => {
    const key = values.join("\n")
    const found = known.get(key)
    if (found !== undefined) {
      return found
    }
    const made = make(Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ""])))
    known.set(key, made)
    return made
  }
}

/** Counters told apart by labels, the values in the order of the labels. Values must be few. */
export const counters = (name: string, description: string, labels: ReadonlyArray<string>) =>
  family(labels, (attributes) => shown(Metric.counter(name, { description, incremental: true, attributes })))

/** Histograms told apart by labels. */
export const histograms = (
  name: string,
  description: string,
  labels: ReadonlyArray<string>,
  boundaries: ReadonlyArray<number> = latencySeconds
) => family(labels, (attributes) => shown(Metric.histogram(name, { description, boundaries, attributes })))

const readOnly = { update: () => {}, modify: () => {} }

/** Shows a number that is read when somebody asks for it; of several with one name, the last one. */
export const readGauge = (name: string, description: string, read: () => number): void => {
  Metric.registerUnsafe(Metric.gauge(name, { description }), registry, { get: () => ({ value: read() }), ...readOnly })
}

/** Numbers told apart by the value of one label. */
export const readGauges = (name: string, description: string, label: string) => (value: string, read: () => number) =>
  Metric.registerUnsafe(Metric.gauge(name, { description, attributes: { [label]: value } }), registry, {
    get: () => ({ value: read() }),
    ...readOnly
  })

/** The same of a number that only grows. */
export const readCounter = (name: string, description: string, read: () => number): void => {
  Metric.registerUnsafe(Metric.counter(name, { description }), registry, {
    get: () => ({ count: read(), incremental: true }),
    ...readOnly
  })
}

/** Adds to a counter or a histogram. A plain call: an effect for each would cost more than what it notes. */
export const note = (metric: Metric.Metric<number, unknown>, value: number): void =>
  metric.updateUnsafe(value, registry)

/** Records how long an effect takes, however it ends, and tells `ended` of its end. */
export const timed =
  <A = unknown, E = unknown>(metric: Metric.Histogram<number>, ended?: (exit: Exit.Exit<A, E>) => void) =>
  <B extends A, F extends E, R>(self: Effect.Effect<B, F, R>): Effect.Effect<B, F, R> =>
    Effect.clockWith((clock) => {
      const startNanos = clock.monotonicTimeNanosUnsafe()
      return Effect.onExit(self, (exit) => {
        note(metric, Number(clock.monotonicTimeNanosUnsafe() - startNanos) / 1e9)
        ended?.(exit)
        return Effect.void
      })
    })
