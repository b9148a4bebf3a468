import { Schema } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const readyMillisMax = 60_000

const decodeReady = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({
  url: Schema.String,
  databaseUrl: Schema.String,
  redisUri: Schema.String,
  tokens: Schema.Struct({ user: Schema.String, admin: Schema.String })
})))

/** A Berth that was started for the bench. */
export interface Instance {
  readonly url: string
  readonly databaseUrl: string
  readonly redisUri: string
  readonly adminToken: string
  /** From the start of the process to `ready.json`, ms. */
  readonly readyMillis: number
  readonly stores: string
  readonly processId: number
  readonly dataDir: string
  stop(): Promise<void>
}

/** Starts `main.ts` on a folder and waits until it is ready. */
export const startInstance = async (dataDir: string): Promise<Instance> => {
  const startedAt = performance.now()
  const child = spawn(process.execPath, ["main.ts"], {
    cwd: root,
    env: { ...process.env, BERTH_DATA_DIR: dataDir, PORT: "0", HOST: "127.0.0.1", LOG_LEVEL: "Warn" },
    stdio: ["ignore", "pipe", "inherit"]
  })
  let output = ""
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString()
  })
  const readyFile = join(dataDir, "ready.json")
  for (;;) {
    const text = await readFile(readyFile, "utf8").catch(() => undefined)
    if (text !== undefined) {
      const readyMillis = performance.now() - startedAt
      const { databaseUrl, redisUri, tokens, url } = decodeReady(text)
      while (!output.includes("Stop")) {
        await setTimeout(10)
      }
      const stores = /Stores +(.*)/.exec(output)?.[1] ?? "unknown stores"
      const stop = async () => {
        child.kill("SIGTERM")
        await once(child, "exit")
      }
      return {
        url,
        databaseUrl,
        redisUri,
        adminToken: tokens.admin,
        readyMillis,
        stores,
        processId: child.pid ?? 0,
        dataDir,
        stop
      }
    }
    if (child.exitCode !== null || performance.now() - startedAt > readyMillisMax) {
      child.kill("SIGKILL")
      throw new Error(`Berth did not start:\n${output}`)
    }
    await setTimeout(5)
  }
}

/** Runs work with a folder that is gone afterwards. */
export const withFolder = async <A>(work: (folder: string) => Promise<A>): Promise<A> => {
  const folder = await mkdtemp(join(tmpdir(), "berth-bench-"))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
