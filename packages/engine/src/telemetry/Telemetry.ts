import { Config, Effect, Layer, Option, Random, Schema, Tracer } from "effect"
import { FetchHttpClient, HttpClient, HttpMiddleware } from "effect/http"
import { OtlpExporter, OtlpSerialization, OtlpTracer } from "effect/observability"
import * as SampledTracer from "./SampledTracer.ts"

/** How long the collector may take for a batch; then spans are dropped for a minute. */
const exportMax = "10 seconds"

/** How long a stop waits for the last spans to be taken. */
const stopMax = "3 seconds"

const Ratio = Schema.FiniteFromString.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/** The variables of OpenTelemetry that are heeded. */
const settings = Config.all({
  endpoint: Config.option(Config.URL("OTEL_EXPORTER_OTLP_ENDPOINT")),
  headers: Config.Record(Schema.String, Schema.StringFromUriComponent, "OTEL_EXPORTER_OTLP_HEADERS").pipe(
    Config.withDefault({})
  ),
  ratio: Config.schema(Ratio, "OTEL_TRACES_SAMPLER_ARG").pipe(Config.withDefault(1)),
  serviceName: Config.option(Config.NonEmptyString("OTEL_SERVICE_NAME"))
})

const collector = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    HttpClient.HttpClient,
    (client) =>
      HttpClient.transformResponse(client, (response) =>
        Effect.timeoutOrElse(response, {
          duration: exportMax,
          orElse: () => Effect.die(new Error(`the collector took longer than ${exportMax}`))
        }))
  )
).pipe(Layer.provide(FetchHttpClient.layer))

/**
 * Traces to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names, in OTLP as JSON; nothing without it. Figures are had at
 * `/metrics` and logs at the standard output, from where an agent may take them.
 */
export const layer = (
  /** Who the spans come from, unless `OTEL_SERVICE_NAME` says otherwise. */
  name: string
) =>
  Layer.unwrap(Effect.gen(function*() {
    const { endpoint, headers, ratio, serviceName } = yield* settings
    if (Option.isNone(endpoint)) {
      return Layer.empty
    }
    const url = endpoint.value
    url.pathname += `${url.pathname.endsWith("/") ? "" : "/"}v1/traces`
    const random = yield* Random.Random
    const exporter = OtlpTracer.make({
      url: url.href,
      headers,
      resource: { serviceName: Option.getOrElse(serviceName, () => name) },
      shutdownTimeout: stopMax
    })
    const tracer = Layer.effect(
      Tracer.Tracer,
      Effect.map(exporter, (made) => SampledTracer.make(made, { ratio, chance: () => random.nextDoubleUnsafe() }))
    )
    return Layer.merge(
      tracer.pipe(Layer.provide([OtlpExporter.layerFlusher, OtlpSerialization.layerJson, collector])),
      HttpMiddleware.layerTracerDisabledForUrls(["/health", "/health/live", "/metrics"])
    )
  }))
