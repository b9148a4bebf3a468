import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Berth, startBerth } from "./Berth.ts"
import { type Driver, startDriver } from "./Driver.ts"
import type { Effort } from "./Effort.ts"
import { type PostgresOnly, startPostgresOnly } from "./peers/postgres-only/PostgresOnly.ts"
import { type PostgresStore, type RedisStore, startPostgres, startRedis } from "./Stores.ts"

/** What sections measure with. Each part is started when the first section asks for it, and all end with the bench. */
export interface Stand {
  readonly effort: Effort
  /** A feed to import, where one was given. */
  readonly feed: string | undefined
  readonly driver: Driver
  /** A folder of its own for whoever asks; gone afterwards. */
  folder(name: string): string
  /** A Redis for sections that fill and empty it themselves. */
  redis(): Promise<RedisStore>
  postgres(): Promise<PostgresStore>
  /** Berth, server and scheduler in one process, over the bench's PostgreSQL and a Redis of its own. */
  berth(): Promise<Berth>
  berthRedis(): Promise<RedisStore>
  /** The peer without Redis, over the same PostgreSQL. */
  postgresOnly(): Promise<PostgresOnly>
}

interface Stoppable {
  stop(): Promise<void>
}

export const withStand = async <A>(
  options: { readonly effort: Effort; readonly feed: string | undefined; readonly profiles: string | undefined },
  work: (stand: Stand) => Promise<A>
): Promise<A> => {
  const root = await mkdtemp(join(tmpdir(), "berth-bench-"))
  const folder = (name: string) => join(root, name)
  const started: Array<Stoppable> = []
  const once = <S extends Stoppable>(start: () => Promise<S>): () => Promise<S> => {
    let known: Promise<S> | undefined
    return () => {
      known ??= start().then((part) => {
        started.push(part)
        return part
      })
      return known
    }
  }
  const driver = startDriver()
  const postgres = once(() => startPostgres(folder("stores")))
  const berthRedis = once(() => startRedis(folder("stores")))
  const berth = once(async () =>
    startBerth({
      folder: folder("berth"),
      postgres: await postgres(),
      redis: await berthRedis(),
      profiles: options.profiles
    })
  )
  const stand: Stand = {
    effort: options.effort,
    feed: options.feed,
    driver,
    folder,
    redis: once(() => startRedis(folder("redis"))),
    postgres,
    berth,
    berthRedis,
    postgresOnly: once(async () => {
      // The runs of the peer are those of Berth.
      const { database } = await berth()
      return startPostgresOnly(database)
    })
  }
  let ending: Promise<void> | undefined
  const endAll = async () => {
    await driver.stop()
    // Those that were started last stand on the others.
    for (const part of started.toReversed()) await part.stop()
    await rm(root, { recursive: true, force: true })
  }
  const end = () => ending ??= endAll()
  // The stores are in groups of their own, which Ctrl-C does not reach.
  const interrupted = () => void end().finally(() => process.exit(130))
  process.once("SIGINT", interrupted)
  process.once("SIGTERM", interrupted)
  try {
    return await work(stand)
  } finally {
    await end()
  }
}
