import { JourneyDate } from "@berth/domain/JourneyDate"
import { printableJson } from "@berth/domain/PrintableText"
import { Journey, Station } from "@berth/domain/Train"
import { Effect, Schema } from "effect"
import { Invocation } from "./Invocation.ts"
import type { Line } from "./Line.ts"
import { print, Screen } from "./Screen.ts"

// Other commands print the documents of the HTTP API: StationList, Availability, SeatMap, Booking, BookingPage, Cancellation.

/** What `trains --json` prints: what was asked, with the stations and the day that it came to, and the answer. */
export const TrainsFound = Schema.Struct({
  from: Station,
  to: Station,
  /** Day of departure at `from`. */
  date: JourneyDate,
  trains: Schema.Array(Journey)
})

/** What `login --json` prints. */
export const LoggedIn = Schema.Struct({ server: Schema.String, configFile: Schema.String })

/** What `completions --json` prints. */
export const CompletionScript = Schema.Struct({ shell: Schema.String, script: Schema.String })

/** What goes to standard error with `--json` when a command fails. */
export const Failure = Schema.Struct({
  error: Schema.Struct({
    /** Kind of failure; the server's own kinds under the names that its problem documents give. */
    _tag: Schema.String,
    message: Schema.String,
    hint: Schema.optionalKey(Schema.String),
    exitStatus: Schema.Int
  })
})

/** Writes a result: as one JSON document where `--json` was given, else as `draw` draws it. */
export const answer = Effect.fnUntraced(function*<S extends Schema.Codec<unknown, unknown>>(
  schema: S,
  value: S["Type"],
  draw: (width: number) => ReadonlyArray<Line>
) {
  const { json } = yield* Invocation
  if (!json) return yield* print(draw)
  const { out } = yield* Screen
  yield* out.write(`${printableJson(JSON.stringify(yield* Effect.orDie(Schema.encodeEffect(schema)(value))))}\n`)
})
