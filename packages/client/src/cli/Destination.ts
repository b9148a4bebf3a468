import { Config, Effect, FileSystem, Option, Path, Redacted, Schema } from "effect"
import { fileURLToPath } from "node:url"
import { NoServer, WrongValue } from "./CliErrors.ts"
import * as ConfigFile from "./ConfigFile.ts"
import { Invocation } from "./Invocation.ts"
import { line, span } from "./Line.ts"
import { say } from "./Screen.ts"

/** Which server to ask, and as whom. */
export interface Destination {
  readonly url: string
  readonly token: Option.Option<Redacted.Redacted>
}

const Ready = Schema.fromJsonString(Schema.Struct({
  url: Schema.String,
  tokens: Schema.optionalKey(Schema.Struct({ user: Schema.String }))
}))

const variable = (name: string) => Effect.orDie(Config.option(Config.NonEmptyString(name)))

const checkout = fileURLToPath(new URL("../../../..", import.meta.url))

/** Where an instance of this machine would write that it is ready. */
const readyFiles = Effect.gen(function*() {
  const path = yield* Path.Path
  const given = yield* variable("BERTH_DATA_DIR")
  const folders = Option.isSome(given) ? [given.value] : [".berth", path.join(checkout, ".berth")]
  return folders.map((folder) => path.join(folder, "ready.json"))
})

const isLoopback = (url: string): boolean =>
  URL.canParse(url) && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname)

/** The instance that runs on this machine, if one does. */
const localInstance = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  for (const file of yield* readyFiles) {
    const ready = yield* Effect.option(Effect.flatMap(fs.readFileString(file), Schema.decodeEffect(Ready)))
    // A folder that somebody else wrote must not lead a token to another machine.
    if (Option.isNone(ready) || !isLoopback(ready.value.url)) continue
    const { tokens, url } = ready.value
    const as = tokens === undefined ? "" : ", as its demo user"
    yield* say(line(span(`Asking the Berth that runs here, ${url}${as}.`, "dim")))
    return { url, token: Option.map(Option.fromUndefinedOr(tokens), ({ user }) => Redacted.make(user)) }
  }
  return yield* new NoServer()
})

/** The address without a slash at its end, so that one server has one token. */
const serverUrl = (given: string, where: string) =>
  URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)
    ? Effect.succeed(given.replace(/\/+$/, ""))
    : Effect.fail(
      new WrongValue({ given: `${where} ${given}`, expected: "Give an address such as http://127.0.0.1:3000." })
    )

/** The server that was named, on the command line or in the environment. */
const namedServer = Effect.gen(function*() {
  const { server } = yield* Invocation
  if (Option.isSome(server)) return Option.some(yield* serverUrl(server.value, "--server"))
  const url = yield* variable("BERTH_URL")
  return Option.isSome(url) ? Option.some(yield* serverUrl(url.value, "BERTH_URL")) : Option.none()
})

/**
 * The server of `--server`, BERTH_URL, the last login, or an instance on this machine, in this order. A stored token goes
 * to the server that it was stored for and to no other; BERTH_TOKEN goes wherever the call goes.
 */
export const destination = Effect.gen(function*() {
  const named = yield* namedServer
  const given = Option.map(yield* variable("BERTH_TOKEN"), (token) => Redacted.make(token))
  const stored = yield* ConfigFile.read
  const url = Option.getOrUndefined(named) ?? stored.server
  if (url === undefined) {
    const local = yield* localInstance
    return { url: local.url, token: Option.orElse(given, () => local.token) }
  }
  const kept = Option.map(Option.fromUndefinedOr(stored.tokens[url]), (token) => Redacted.make(token))
  return { url, token: Option.orElse(given, () => kept) }
})
