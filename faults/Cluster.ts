import { UserId } from "@berth/domain/UserId"
import * as Engine from "@berth/engine/Engine"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import * as Database from "@berth/engine/ledger/Database"
import { isSqlError } from "@berth/engine/ledger/LedgerError"
import { migrate } from "@berth/engine/ledger/Migrations"
import { Audit } from "@berth/engine/seeding/Audit"
import { Tokens } from "@berth/server/Tokens"
import { Effect, Layer, Logger, Redacted } from "effect"
import type { SqlClient } from "effect/sql"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { BerthProcess, type BerthProcessOptions } from "./BerthProcess.ts"
import { PostgresServer } from "./PostgresServer.ts"
import { type RedisServer, startRedis } from "./RedisServer.ts"

export interface ClusterOptions {
  readonly folder: string
  /** PostgreSQL's data; in the folder unless told. */
  readonly postgresFolder?: string
  readonly redis: "native" | "any"
  readonly servers: number
  readonly schedulers: number
}

const isConnectionLost = (error: unknown): boolean => isSqlError(error) && error.reason._tag === "ConnectionError"

const quiet = Logger.layer([])

/** Both stores, servers and schedulers, each a process of its own; every server and scheduler behind proxies. */
export class Cluster {
  readonly folder: string
  readonly postgres: PostgresServer
  redis: RedisServer
  readonly servers: Array<BerthProcess> = []
  readonly schedulers: Array<BerthProcess> = []
  readonly #others: Array<{ stop(): Promise<void> }> = []
  token = ""
  #extra = 0

  private constructor(folder: string, postgres: PostgresServer, redis: RedisServer) {
    this.folder = folder
    this.postgres = postgres
    this.redis = redis
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const { folder, postgresFolder = join(folder, "postgres") } = options
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    const postgres = await PostgresServer.start(postgresFolder)
    const redis = await startRedis(join(folder, "redis"), options.redis)
    const cluster = new Cluster(folder, postgres, redis)
    try {
      await cluster.query(migrate)
      cluster.token = await cluster.query(
        Effect.flatMap(Tokens, (tokens) => tokens.make({ userId: UserId.make("admin"), role: "admin" })).pipe(
          Effect.map(Redacted.value),
          Effect.provide(Tokens.layer)
        )
      )
      const launch = (kind: "server" | "scheduler", count: number) =>
        Array.from({ length: count }, (_, index) => cluster.launch(kind, `${kind}-${index + 1}`))
      cluster.schedulers.push(...await Promise.all(launch("scheduler", options.schedulers)))
      cluster.servers.push(...await Promise.all(launch("server", options.servers)))
      await Promise.all(cluster.processes.map((berth) => berth.ready()))
      return cluster
    } catch (cause) {
      await cluster.stop()
      throw cause
    }
  }

  get processes(): ReadonlyArray<BerthProcess> {
    return [...this.servers, ...this.schedulers]
  }

  /** Addresses of the servers that run. */
  readonly urls = (): ReadonlyArray<string> => this.servers.map(({ url }) => url)

  launch(
    kind: BerthProcessOptions["kind"],
    name = `${kind.replace(" ", "-")}-extra-${++this.#extra}`,
    env: Readonly<Record<string, string>> = {}
  ): Promise<BerthProcess> {
    const { folder, postgres, redis } = this
    return BerthProcess.launch({ name, kind, postgresUrl: postgres.url, redisUrl: redis.url, folder, env })
  }

  /** Something that must end with the cluster. */
  adopt(other: { stop(): Promise<void> }): void {
    this.#others.push(other)
  }

  /** Points every process's proxy at the Redis of the moment. */
  followRedis(redis: RedisServer): void {
    this.adopt(this.redis)
    this.redis = redis
    for (const berth of this.processes) {
      berth.redis.targetPort = redis.port
      berth.redis.cutAll()
    }
  }

  /**
   * Asks PostgreSQL over a connection of its own; again on another where that one is lost, for to ask twice does no harm: on a
   * machine that is busy with faults a row has failed of it that found nothing wrong.
   */
  query<A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>): Promise<A> {
    const database = Database.layer({ url: Redacted.make(this.postgres.url), maxConnections: 2 })
    return Effect.runPromise(
      Effect.provide(effect, [database, quiet]).pipe(Effect.retry({ times: 3, while: isConnectionLost }))
    )
  }

  /** Uses the audit of the engine, over the stores themselves. */
  withAudit<A, E>(effect: Effect.Effect<A, E, Audit>): Promise<A> {
    const stores = Layer.merge(
      Database.layer({ url: Redacted.make(this.postgres.url), maxConnections: 4 }),
      ManagedRedis.layer(Redacted.make(this.redis.url))
    )
    const audit = Audit.layer.pipe(Layer.provide(Engine.layer), Layer.provide(stores))
    return Effect.runPromise(Effect.provide(effect, [audit, quiet]))
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((berth) => berth.stop()))
    await Promise.all([this.redis, ...this.#others].map((other) => other.stop()))
    await this.postgres.stop()
  }
}
