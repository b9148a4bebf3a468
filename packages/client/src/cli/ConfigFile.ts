import { Config, Effect, FileSystem, Option, Path, PlatformError, Redacted, Schema } from "effect"
import { homedir } from "node:os"
import { ConfigUnusable } from "./CliErrors.ts"

/** What `berth login` keeps: the server that was logged in to last, and a token for each. */
const Stored = Schema.Struct({
  server: Schema.optionalKey(Schema.String),
  tokens: Schema.Record(Schema.String, Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
})
type Stored = typeof Stored.Type

const codec = Schema.fromJsonString(Stored)
const decode = Schema.decodeEffect(codec)

const ownerOnly = 0o600
const ownerOnlyFolder = 0o700

/** `$XDG_CONFIG_HOME/berth/config.json`; a relative XDG_CONFIG_HOME is ignored, as the XDG rules want. */
const configPath = Effect.gen(function*() {
  const path = yield* Path.Path
  const xdg = yield* Config.option(Config.NonEmptyString("XDG_CONFIG_HOME"))
  const base = Option.filter(xdg, path.isAbsolute).pipe(Option.getOrElse(() => path.join(homedir(), ".config")))
  return path.join(base, "berth", "config.json")
}).pipe(Effect.orDie)

const unusable = (path: string) => (error: Error) =>
  new ConfigUnusable({ path, problem: error.message.replace(/\s+/g, " ").replace(/\.$/, "") })

/** What was stored, or nothing yet. */
export const read = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* configPath
  const nothing: Stored = { tokens: {} }
  return yield* fs.readFileString(path).pipe(
    Effect.flatMap(decode),
    Effect.catchIf(
      (error) => error instanceof PlatformError.PlatformError && error.reason._tag === "NotFound",
      () => Effect.succeed(nothing)
    ),
    Effect.mapError(unusable(path))
  )
})

/** Keeps a token for a server, and the server for later commands. Readable by its owner only; gives the file's path. */
export const store = Effect.fnUntraced(function*(server: string, token: Redacted.Redacted) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const path = yield* configPath
  // A file that cannot be read is in nobody's use: logging in is how it is mended.
  const { tokens } = yield* Effect.orElseSucceed(read, (): Stored => ({ tokens: {} }))
  const text = JSON.stringify({ server, tokens: { ...tokens, [server]: Redacted.value(token) } }, undefined, 2)
  const whole = `${path}.${process.pid}`
  yield* Effect.gen(function*() {
    yield* fs.makeDirectory(paths.dirname(path), { recursive: true, mode: ownerOnlyFolder })
    yield* fs.writeFileString(whole, `${text}\n`, { mode: ownerOnly })
    // A reader sees the old file or the new one, never a half.
    yield* fs.rename(whole, path)
  }).pipe(Effect.mapError(unusable(path)))
  return path
})
