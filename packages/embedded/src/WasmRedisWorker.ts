import { openSync } from "node:fs"
import { parentPort } from "node:worker_threads"
import { startSteppedValkey } from "./SteppedValkey.ts"

const tickMillis = 100

// A failure ends the thread, and its parent hears of it. The arguments are what WasmRedis.ts gives.
const [, , host, port, logFile] = process.argv
const valkey = await startSteppedValkey({
  host: String(host),
  port: Number(port),
  log: openSync(String(logFile), "a", 0o600)
})
// This thread does without Effect, which takes longer to load than Valkey to start.
// @effect-diagnostics-next-line globalTimers:off
setInterval(valkey.tick, tickMillis)
parentPort?.postMessage("ready")
