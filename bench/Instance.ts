import { Schema } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Processes } from "./ProcessorTime.ts"
import { startProgram } from "./Program.ts"
import { processIdIn } from "./Stores.ts"

const decodeReady = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({
  url: Schema.String,
  databaseUrl: Schema.String,
  redisUri: Schema.String,
  tokens: Schema.Struct({ user: Schema.String, admin: Schema.String })
})))

/** A Berth as `npm start` starts it, with stores and data of its own. */
export interface Instance {
  readonly url: string
  readonly databaseUrl: string
  readonly redisUri: string
  readonly adminToken: string
  /** From the start of the process until it says that it is ready, ms. */
  readonly readyMillis: number
  readonly stores: string
  readonly processes: Processes
  stop(): Promise<void>
}

/** Starts `main.ts` on a folder and waits until it is ready. */
export const startInstance = async (dataDir: string): Promise<Instance> => {
  const { output, processId, readyMillis, stop } = await startProgram({
    file: "main.ts",
    env: { BERTH_DATA_DIR: dataDir, PORT: "0", HOST: "127.0.0.1" },
    ready: /Stop /
  })
  const { databaseUrl, redisUri, tokens, url } = decodeReady(readFileSync(join(dataDir, "ready.json"), "utf8"))
  const stores = /Stores +(.*)/.exec(output)?.[1] ?? "unknown stores"
  const processes = {
    server: processId,
    postgres: processIdIn(join(dataDir, "postgres/postmaster.pid")),
    redis: processIdIn(join(dataDir, "redis/redis.pid"))
  }
  return { url, databaseUrl, redisUri, adminToken: tokens.admin, readyMillis, stores, processes, stop }
}
