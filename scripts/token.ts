/**
 * `npm run token -- --user U --role R`: makes a bearer token, in the database of DATABASE_URL or else of the instance that
 * runs on BERTH_DATA_DIR, and shows it once.
 */
import { Role } from "@berth/domain/Auth"
import { UserId } from "@berth/domain/UserId"
import { layer as database } from "@berth/engine/ledger/Database"
import { Tokens } from "@berth/server/Tokens"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Duration, Effect, Layer, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { existsSync } from "node:fs"
import { instanceDatabaseUrl } from "./Instance.ts"

const daysDefault = 30

const tokenCommand = Command.make(
  "npm run token --",
  {
    user: Flag.String("user").pipe(
      Flag.withSchema(UserId),
      Flag.withDescription("Who the token speaks for; a new name makes an account")
    ),
    role: Flag.Literals("role", Role.literals).pipe(
      Flag.withDescription("What the account may do from now on; admin edits seats and books for others")
    ),
    days: Flag.Int("days").pipe(
      Flag.withDefault(daysDefault),
      Flag.withDescription(`How many days the token is good for; ${daysDefault} unless given`)
    )
  },
  Effect.fn(function*({ days, role, user }) {
    const url = yield* instanceDatabaseUrl
    const token = yield* Effect.flatMap(
      Tokens,
      (tokens) => tokens.make({ userId: user, role, ttl: Duration.days(days) })
    ).pipe(Effect.provide(Tokens.layer.pipe(Layer.provide(database({ url, maxConnections: 1 })))))
    yield* Console.log(Redacted.value(token))
  })
).pipe(Command.withDescription("Makes a bearer token. It is shown once, and only its hash is kept."))

if (existsSync(".env")) process.loadEnvFile()

Command.run(tokenCommand, { version: "0.1.0" }).pipe(
  Effect.tapError((error) => Console.error(error.message)),
  Effect.provide(NodeServices.layer),
  (program) => NodeRuntime.runMain(program, { disableErrorReporting: true })
)
