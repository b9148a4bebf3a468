import { Config, Effect, Layer, Option } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp, OtlpSerialization } from "effect/observability"

/**
 * Traces, logs and figures to a collector, as the variables of OpenTelemetry say; none unless
 * `OTEL_EXPORTER_OTLP_ENDPOINT` names one.
 */
export const layer = Layer.unwrap(Effect.gen(function*() {
  const endpoint = yield* Config.option(Config.NonEmptyString("OTEL_EXPORTER_OTLP_ENDPOINT"))
  return Option.isNone(endpoint)
    ? Layer.empty
    : Otlp.layerFromConfig({ resource: { serviceName: "berth" }, loggerMergeWithExisting: true }).pipe(
      Layer.provide([OtlpSerialization.layerJson, FetchHttpClient.layer])
    )
}))
