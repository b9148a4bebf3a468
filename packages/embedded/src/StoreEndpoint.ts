import { Effect, Option, Schema } from "effect"
import { randomBytes } from "node:crypto"
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { EmbeddedStoreError, type EmbeddedStoreName } from "./EmbeddedStoreError.ts"

const passwordBytes = 24

/** Where a store listened last, and its password: kept beside the data, readable by its owner alone. */
export class StoreEndpoint extends Schema.Class<StoreEndpoint>("@berth/embedded/StoreEndpoint")({
  port: Schema.Int,
  password: Schema.String
}) {}

const StoreEndpointFile = Schema.fromJsonString(StoreEndpoint)
const decodeFile = Schema.decodeEffect(StoreEndpointFile)
const encodeFile = Schema.encodeEffect(StoreEndpointFile)

/** Letters and digits only, so that it can stand in a URL as it is. */
export const newPassword: Effect.Effect<string> = Effect.sync(() => randomBytes(passwordBytes).toString("hex"))

/** None when there is no file, or one cut off in the writing. */
export const readEndpoint = Effect.fnUntraced(function*(store: EmbeddedStoreName, file: string) {
  if (!existsSync(file)) return Option.none<StoreEndpoint>()
  const text = yield* Effect.try({
    try: () => readFileSync(file, "utf8"),
    catch: () => new EmbeddedStoreError({ store, reason: "FolderNotWritable", subject: file })
  })
  return yield* Effect.option(decodeFile(text))
})

export const writeEndpoint = Effect.fnUntraced(function*(
  store: EmbeddedStoreName,
  file: string,
  endpoint: StoreEndpoint
) {
  const text = yield* Effect.orDie(encodeFile(endpoint))
  yield* Effect.try({
    try: () => {
      // A rename, because a half-written file would lose the password of the data.
      writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true })
      renameSync(`${file}.new`, file)
    },
    catch: () => new EmbeddedStoreError({ store, reason: "FolderNotWritable", subject: file })
  })
})
