import type { Role } from "@berth/domain/Auth"
import { UserId } from "@berth/domain/UserId"
import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import * as Engine from "@berth/engine/Engine"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import * as Database from "@berth/engine/ledger/Database"
import * as NodeServer from "@berth/server/NodeServer"
import { Tokens } from "@berth/server/Tokens"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inject } from "vitest"
import * as TestNetwork from "./TestNetwork.ts"

const connectionsMax = 12

const onServer = <A, E>(use: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
  Effect.flatMap(SqlClient.SqlClient, use).pipe(
    Effect.provide(Database.layer({ url: Redacted.make(inject("postgresUrl")), maxConnections: 1 }))
  )

/** The address of a migrated database that lives as long as its scope. */
export const temporaryDatabase = Effect.gen(function*() {
  const name = `server_${randomUUID().replaceAll("-", "")}`
  yield* Effect.acquireRelease(
    onServer((sql) => sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(inject("migratedDatabase"))}`),
    () => Effect.ignore(onServer((sql) => sql`DROP DATABASE ${sql(name)} WITH (FORCE)`))
  )
  const url = new URL(inject("postgresUrl"))
  url.pathname = `/${name}`
  return Redacted.make(url.href)
})

/** Where the stores of a test are, for processes that it starts. */
export class TestStores extends Context.Service<TestStores, {
  readonly databaseUrl: Redacted.Redacted
  readonly redisUri: Redacted.Redacted
}>()("@berth/server/test/TestStores") {}

const database = Layer.unwrap(Effect.map(
  TestStores,
  ({ databaseUrl }) => Database.layer({ url: databaseUrl, maxConnections: connectionsMax })
))

/** A Redis that lives as long as its scope. */
export const embeddedRedis = Layer.unwrap(Effect.gen(function*() {
  const dataDir = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-server-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  return EmbeddedRedis.layer({ dataDir, kind: "auto" })
}))

const redis = Layer.unwrap(Effect.map(TestStores, ({ redisUri }) => ManagedRedis.layer(redisUri)))

const stores = Layer.effect(
  TestStores,
  Effect.gen(function*() {
    const { uri } = yield* EmbeddedRedis
    return TestStores.of({ databaseUrl: yield* temporaryDatabase, redisUri: Redacted.make(uri) })
  })
).pipe(Layer.provide(embeddedRedis))

/** The engine over stores of its own, with a network of few trains. */
export const engine = Layer.effectDiscard(TestNetwork.make).pipe(
  Layer.provideMerge(Tokens.layer),
  Layer.provideMerge(Engine.layer),
  Layer.provideMerge(Layer.merge(database, redis)),
  Layer.provideMerge(stores)
)

/** The whole server, on a port of its own. */
export const layer = NodeServer.layer({ host: "127.0.0.1", port: 0 }).pipe(Layer.provideMerge(engine))

export const baseUrl = Effect.map(HttpServer.HttpServer, ({ address }) => HttpServer.formatAddress(address))

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body where it is a JSON object, else an empty one. */
  readonly body: Readonly<Record<string, Schema.Json>>
}

const decodeBody = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json)))

/** The first piece of an answer that may never end. */
export const firstPiece = (response: Response) =>
  Effect.promise(async () => {
    const reader = response.body?.getReader()
    const { value } = await reader?.read() ?? { value: undefined }
    await reader?.cancel()
    return new TextDecoder().decode(value)
  })

const textOf = (response: Response): Effect.Effect<string> =>
  response.headers.get("content-type")?.startsWith("text/event-stream") === true
    ? firstPiece(response)
    : Effect.promise(() => response.text())

export const readAnswer = (response: Response): Effect.Effect<Answer> =>
  Effect.map(textOf(response), (text) => {
    const body = decodeBody(text)
    return { status: response.status, headers: response.headers, text, body: body._tag === "Some" ? body.value : {} }
  })

export interface Asked {
  readonly method?: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: Schema.Json
}

export const toRequest = (url: string, { body, headers, method, token }: Asked): Request =>
  new Request(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
  })

/** Makes a call over a connection. */
export const call = Effect.fnUntraced(function*(path: string, asked: Asked = {}) {
  const url = yield* baseUrl
  return yield* readAnswer(yield* Effect.promise(() => fetch(toRequest(`${url}${path}`, asked))))
})

/** A token of somebody nobody has met before, or of a named person. */
export const tokenOf = Effect.fnUntraced(function*(role: Role, name = `user-${randomUUID()}`) {
  return Redacted.value(yield* (yield* Tokens).make({ userId: UserId.make(name), role }))
})
