import { Context, Effect, Tracer } from "effect"

/** Whether there is a collector of traces: what is done beside the common way leaves no spans, and is not done then. */
export const collectsTraces = Effect.map(Tracer.Tracer, (tracer) => tracer !== Tracer.nativeTracer)

/** The span under which an effect runs, where it is one that is kept. */
const keptSpan = (context: Context.Context<never>): Tracer.AnySpan | undefined => {
  if (Context.get(context, Tracer.Tracer) === Tracer.nativeTracer) {
    return undefined
  }
  const span = Context.getOrUndefined(context, Tracer.ParentSpan)
  return span?.sampled === true ? span : undefined
}

/** Gives an effect a span where the trace is kept; elsewhere it costs a look. */
export const traced =
  (name: string, options: Tracer.SpanOptions) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.contextWith((context: Context.Context<never>) =>
      keptSpan(context) === undefined ? self : Effect.withSpan(self, name, options)
    )

const spanOfItem = new WeakMap<object, Tracer.AnySpan>()

/** The same for something that a batch will do, which then is a part of this trace. */
export const tracedItem =
  (name: string, item: object) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.contextWith((context: Context.Context<never>) => {
      if (keptSpan(context) === undefined) {
        return self
      }
      const noted = Effect.contextWith((within: Context.Context<never>) => {
        const span = keptSpan(within)
        if (span !== undefined) {
          spanOfItem.set(item, span)
        }
        return self
      })
      return Effect.withSpan(noted, name, { kind: "internal" })
    })

const notKept = Tracer.externalSpan({ spanId: "0".repeat(16), traceId: "0".repeat(32), sampled: false })

/**
 * Runs a batch in the trace of the first of its items that is kept, with links to the others. A batch of which nobody keeps
 * a trace begins none of its own.
 */
export const tracedBatch =
  (items: ReadonlyArray<object>) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const [first, ...others] = items.flatMap((item) => spanOfItem.get(item) ?? [])
      return Effect.withParentSpan(Effect.linkSpans(self, others), first ?? notKept)
    })
