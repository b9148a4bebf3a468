import { PgClient } from "@effect/sql-pg"
import { Effect, Logger, ManagedRuntime, Redacted, Schema } from "effect"
import { Redis } from "ioredis"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Instance, startInstance } from "../Instance.ts"
import { JsonCaller } from "../JsonCall.ts"
import { cost, type Measurement } from "../Measurement.ts"

const bookings = 3_000
const warmUp = 200
const enquiries = 500
/** Trains of the sample network that run daily. */
const trains = ["12345", "12346", "12615", "12616", "12621", "12622", "12627", "12628", "12723", "12724"]

const dayFrom = (days: number): string => new Date(Date.now() + (days + 1) * 86_400_000).toISOString().slice(0, 10)

const Kept = Schema.Tuple([Schema.Struct({ wal: Schema.Finite, database: Schema.Finite })])

const inPostgres = Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  const rows = yield* sql`SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 AS wal,
    (SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables)::float8 AS database`
  return (yield* Schema.decodeUnknownEffect(Kept)(rows))[0]
})

const read = (text: string, field: string) => Number(new RegExp(`^${field}:(\\d+)`, "m").exec(text)?.[1] ?? 0)

const inRedis = async (redis: Redis) => {
  const [stats, memory] = [await redis.info("stats"), await redis.info("memory")]
  return {
    network: read(stats, "total_net_input_bytes") + read(stats, "total_net_output_bytes"),
    memory: read(memory, "used_memory")
  }
}

const book = (caller: JsonCaller, instance: Instance, n: number) =>
  caller.send(`${instance.url}/api/bookings`, {
    token: instance.adminToken,
    body: {
      trainId: trains[n % trains.length],
      date: dayFrom(Math.floor(n / trains.length) % 50),
      travelClass: "SL",
      quota: "GENERAL",
      passengers: [{ name: "First Traveller", age: 30 }, { name: "Second Traveller", age: 31 }]
    }
  })

const measure = async (instance: Instance, redis: Redis): Promise<ReadonlyArray<Measurement>> => {
  const runtime = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(instance.databaseUrl), maxConnections: 1 }))
  const caller = new JsonCaller()
  const look = async () => ({
    ...await runtime.runPromise(Effect.provide(inPostgres, Logger.layer([]))),
    ...await inRedis(redis)
  })
  try {
    for (let n = 0; n < warmUp; n++) await book(caller, instance, n)
    const before = await look()
    let http = 0
    for (let n = 0; n < bookings; n++) http += (await book(caller, instance, warmUp + n)).bytes
    const after = await look()
    const each = (part: keyof typeof after) => (after[part] - before[part]) / bookings
    let asked = 0
    for (let n = 0; n < enquiries; n++) {
      const train = trains[n % trains.length]
      asked += (await caller.send(`${instance.url}/api/trains/${train}/availability?date=${dayFrom(n % 50)}`)).bytes
    }
    const note = `${bookings} bookings of two, one after another, so that each has a transaction of its own`
    return [
      cost("HTTP of a booking, both ways", [http / bookings], "bytes", { note }),
      cost("Redis's network of a booking, both ways", [each("network")], "bytes"),
      cost("memory of a booking in Redis, with its receipt of a day", [each("memory")], "bytes"),
      cost("write-ahead log of a booking", [each("wal")], "bytes", { note: "a batch of several writes less for each" }),
      cost("tables and indexes of a booking", [each("database")], "bytes"),
      cost("HTTP of an enquiry after availability, both ways", [asked / enquiries], "bytes")
    ]
  } finally {
    caller.close()
    await runtime.dispose()
  }
}

/** What a booking leaves in the stores and sends over the network. */
export const footprint = async (): Promise<ReadonlyArray<Measurement>> => {
  const folder = await mkdtemp(join(tmpdir(), "berth-bench-"))
  try {
    const instance = await startInstance(folder)
    const redis = new Redis(instance.redisUri)
    try {
      return await measure(instance, redis)
    } finally {
      redis.disconnect()
      await instance.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
