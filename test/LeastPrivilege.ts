import { EmbeddedPostgres } from "@berth/embedded/EmbeddedPostgres"
import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import { findRedis } from "@berth/embedded/NativeRedis"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import * as Database from "@berth/engine/ledger/Database"
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readProjectFile } from "./ProjectFiles.ts"

const password = "only-for-a-test"

const roles = ["berth_migrator", "berth_server", "berth_scheduler", "berth_reader"] as const
export type Role = typeof roles[number]

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-roles-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const addressFor = (address: string, user: string): Redacted.Redacted => {
  const url = new URL(address)
  url.username = user
  url.password = password
  return Redacted.make(url.href)
}

/** Stores as an operator would set them up: PostgreSQL with its roles, Redis with its users where one runs natively. */
export class Stores extends Context.Service<Stores, {
  readonly postgresOf: (role: Role) => Redacted.Redacted
  readonly redisOf: (role: "berth_server" | "berth_scheduler") => Redacted.Redacted
  readonly redisHasUsers: boolean
}>()("test/Stores") {
  static readonly layer = Layer.effect(
    Stores,
    Effect.gen(function*() {
      const dataDir = yield* temporaryFolder
      const postgres = Context.get(yield* Layer.build(EmbeddedPostgres.layer({ dataDir })), EmbeddedPostgres)
      const superuser = yield* PgClient.make({ url: Redacted.make(postgres.url), maxConnections: 1 }).pipe(
        Effect.provide(Reactivity.layer)
      )
      yield* superuser.unsafe(readProjectFile("ops/postgres/roles.sql"))
      // Again does no harm.
      yield* superuser.unsafe(readProjectFile("ops/postgres/roles.sql"))
      for (const role of roles) yield* superuser.unsafe(`ALTER ROLE ${role} PASSWORD '${password}'`)

      const redis = Context.get(yield* Layer.build(EmbeddedRedis.layer({ dataDir, kind: "auto" })), EmbeddedRedis)
      // The WebAssembly one is for trying and is reached by whoever has its password.
      const redisHasUsers = Option.isSome(yield* findRedis)
      if (redisHasUsers) {
        const admin = Context.get(yield* Layer.build(ManagedRedis.layer(Redacted.make(redis.uri))), ManagedRedis)
        for (const line of readProjectFile("ops/redis/users.acl").split("\n")) {
          const [, name = "", ...rules] = line.replace(/\$\{\w+\}/, password).split(" ")
          if (name !== "" && name !== "default") yield* admin.send("ACL", "SETUSER", name, ...rules)
        }
      }
      return Stores.of({
        postgresOf: (role) => addressFor(postgres.url, role),
        redisOf: (role) => redisHasUsers ? addressFor(redis.uri, role) : Redacted.make(redis.uri),
        redisHasUsers
      })
    })
  )
}

export const databaseAs = (role: Role) =>
  Layer.unwrap(
    Effect.map(Stores, ({ postgresOf }) => Database.layer({ url: postgresOf(role), maxConnections: 8 }))
  )

export const redisAs = (role: "berth_server" | "berth_scheduler") =>
  Layer.unwrap(Effect.map(Stores, ({ redisOf }) => ManagedRedis.layer(redisOf(role))))
