import type { Context } from "effect"
import { Exit, Option, Schema, Tracer } from "effect"

/**
 * What spans may tell. Anything else is left out, whoever put it there: an address has PNRs in its path, a client's address
 * and its user agent are personal, and so may be what the program's errors say.
 */
const attributesAllowed = new Set([
  "http.request.method",
  "http.response.status_code",
  "http.route",
  "db.system.name",
  "db.operation.name",
  "db.operation.batch.size",
  "db.stored_procedure.name",
  "db.query.text",
  "db.client.connection.wait_time_ms",
  "rpc.method",
  "rpc.system.name"
])

const noAttributes: ReadonlyMap<string, unknown> = new Map()

type SpanOptions = Parameters<Tracer.Tracer["span"]>[0]

/** A span of a trace that nobody keeps: no more than its children and the log must know of it. */
class UnsampledSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly spanId = "0000000000000000"
  readonly attributes: ReadonlyMap<string, unknown> = noAttributes
  readonly links: ReadonlyArray<Tracer.SpanLink> = []
  readonly sampled = false
  readonly name: string
  readonly traceId: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly annotations: Context.Context<never>
  readonly kind: Tracer.SpanKind
  status: Tracer.SpanStatus

  constructor(options: SpanOptions) {
    this.name = options.name
    this.parent = options.parent
    this.traceId = Option.isSome(options.parent) ? options.parent.value.traceId : "0".repeat(32)
    this.annotations = options.annotations
    this.kind = options.kind
    this.status = { _tag: "Started", startTime: options.startTime }
  }
  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    this.status = { _tag: "Ended", startTime: this.status.startTime, endTime, exit }
  }
  attribute(): void {}
  event(): void {}
  addLinks(): void {}
}

/** Stands for an error of which no more than the name is told. */
class Withheld extends Schema.TaggedError<Withheld>()("Withheld", { error: Schema.String }) {
  override get message(): string {
    return this.error
  }
}

const withoutData = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit) || Exit.hasInterrupts(exit)) {
    return exit
  }
  const error = Exit.findErrorOption(exit)
  const name = Option.isSome(error) && typeof error.value === "object" && error.value !== null && "_tag" in error.value
    ? String(error.value._tag)
    : "Defect"
  return Exit.fail(new Withheld({ error: name }))
}

/** A span that keeps what it may tell. */
class GuardedSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly sampled = true
  readonly inner: Tracer.Span

  constructor(inner: Tracer.Span) {
    this.inner = inner
  }
  get name(): string {
    return this.inner.name
  }
  get spanId(): string {
    return this.inner.spanId
  }
  get traceId(): string {
    return this.inner.traceId
  }
  get parent(): Option.Option<Tracer.AnySpan> {
    return this.inner.parent
  }
  get annotations(): Context.Context<never> {
    return this.inner.annotations
  }
  get status(): Tracer.SpanStatus {
    return this.inner.status
  }
  get attributes(): ReadonlyMap<string, unknown> {
    return this.inner.attributes
  }
  get links(): ReadonlyArray<Tracer.SpanLink> {
    return this.inner.links
  }
  get kind(): Tracer.SpanKind {
    return this.inner.kind
  }
  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    this.inner.end(endTime, withoutData(exit))
  }
  attribute(key: string, value: unknown): void {
    if (attributesAllowed.has(key)) {
      this.inner.attribute(key, value)
    }
  }
  event(name: string, startTime: bigint): void {
    this.inner.event(name, startTime)
  }
  addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    this.inner.addLinks(links)
  }
}

/** A statement that nobody asked for, such as a poll, begins no trace. */
const beginsTrace = ({ kind, name }: SpanOptions): boolean => kind !== "client" && name !== "sql.transaction"

/**
 * Keeps a share of the traces that begin here, and all or nothing of those that began elsewhere. Whoever is not kept costs
 * one small object a span.
 */
export const make = (exporter: Tracer.Tracer, options: {
  /** Between 0 and 1. */
  readonly ratio: number
  /** Between 0 and 1, another at each call. */
  readonly chance: () => number
}): Tracer.Tracer =>
  Tracer.make({
    span: (span) => {
      const kept = span.sampled &&
        (Option.isSome(span.parent) || (beginsTrace(span) && options.chance() < options.ratio))
      return kept ? new GuardedSpan(exporter.span(span)) : new UnsampledSpan(span)
    }
  })
