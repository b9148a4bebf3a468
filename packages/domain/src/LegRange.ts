import { Schema } from "effect"

/** Most stops of a route. */
export const stopsPerRouteMax = 256

const StopIndex = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: stopsPerRouteMax }))

/** The legs `[from, to)` that a journey from stop `from` to stop `to` occupies, counted from 0 at the origin. */
export const LegRange = Schema.Struct({ from: StopIndex, to: StopIndex }).check(
  Schema.makeFilter(({ from, to }: { readonly from: number; readonly to: number }) =>
    from < to ? undefined : "Expected a journey that ends after it begins"
  )
).annotate({ identifier: "LegRange" })
export type LegRange = typeof LegRange.Type
