import { Effect } from "effect"
import { fork } from "node:child_process"
import { join } from "node:path"

/** Starts a Berth with this store in a process of its own, and kills it as soon as the store runs. */
export const killedBerth = (store: "postgres" | "redis", dataDir: string) =>
  Effect.callback<void>((resume) => {
    const berth = fork(join(import.meta.dirname, "startAndWait.ts"), [store, dataDir])
    berth.once("message", () => berth.kill("SIGKILL"))
    berth.once("exit", (_, signal) => resume(signal === "SIGKILL" ? Effect.void : Effect.die("it ended before it ran")))
  })
