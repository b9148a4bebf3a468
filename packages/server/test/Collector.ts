import { Effect, Schema } from "effect"
import { createServer } from "node:http"

const Value = Schema.Struct({ stringValue: Schema.optionalKey(Schema.String) })

const Span = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optionalKey(Schema.String),
  name: Schema.String,
  kind: Schema.Int,
  attributes: Schema.Array(Schema.Struct({ key: Schema.String, value: Value }))
})
export type Span = typeof Span.Type

const decodeBatch = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({
      resourceSpans: Schema.Array(
        Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) })
      )
    })
  )
)

/** A collector that takes spans as OTLP in JSON and keeps them, as text too. */
export const make = Effect.gen(function*() {
  const texts: Array<string> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      if (request.url === "/v1/traces") texts.push(Buffer.concat(chunks).toString())
      response.end("{}")
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const at = server.address()
  return {
    url: `http://127.0.0.1:${at === null || typeof at === "string" ? 0 : at.port}`,
    text: Effect.sync(() => texts.join("\n")),
    spans: Effect.sync(() =>
      texts.flatMap((text) =>
        decodeBatch(text).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
      )
    )
  }
})
