import { once } from "node:events"
import { connect, createServer, type Server, type Socket } from "node:net"
import type { Call, Wire } from "./Wire.ts"

const host = "127.0.0.1"

/** What becomes of a call. */
export type Action =
  | { readonly kind: "pass" }
  /** It never reaches the store, and both sides are cut. */
  | { readonly kind: "cut" }
  /** The store carries it out; the answer is thrown away, and the caller is cut. */
  | { readonly kind: "lose answer"; readonly lost: () => void }
  /** The caller is cut at once, and the call reaches the store so much later. */
  | { readonly kind: "late"; readonly millis: number }

export const pass: Action = { kind: "pass" }

/** Where calls go by, and what becomes of each. */
export type Tap = (call: Call) => Action

/**
 * A proxy on loopback that loses, delays, swallows and repeats. Everything that is not asked of it passes.
 */
export class TcpProxy {
  readonly #wire: () => Wire
  readonly #server: Server
  readonly #connections = new Set<Connection>()
  targetPort: number
  /** Decides on each call that is recognised. */
  tap: Tap = () => pass
  /** Bytes go nowhere, in both directions, while every connection stays open: a half open network. */
  swallowing: (connection: { readonly steps: ReadonlySet<string> }) => boolean = () => false
  /** Connections that are made are cut. */
  refusing = false
  /** How much later what a client sends arrives, ms. */
  delayMillis: () => number = () => 0
  /** Sends a chunk a second time on a connection of its own, so many ms later; the answer is thrown away. */
  repeatMillis: (chunk: Buffer) => number | undefined = () => undefined

  constructor(targetPort: number, wire: () => Wire) {
    this.targetPort = targetPort
    this.#wire = wire
    this.#server = createServer({ noDelay: true }, (client) => this.#accept(client))
  }

  async start(): Promise<this> {
    this.#server.listen(0, host)
    await once(this.#server, "listening")
    return this
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === "string") throw new Error("the proxy is not started")
    return address.port
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Cuts every connection that there is. */
  cutAll(): void {
    for (const connection of this.#connections) connection.cut()
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.cutAll()
  }

  #accept(client: Socket): void {
    if (this.refusing) {
      client.destroy()
      return
    }
    const connection = new Connection(this, client, this.#wire())
    this.#connections.add(connection)
    client.once("close", () => this.#connections.delete(connection))
  }
}

class Connection {
  readonly steps = new Set<string>()
  readonly #proxy: TcpProxy
  readonly #client: Socket
  readonly #store: Socket
  readonly #wire: Wire
  /** For each request that is not answered yet: what to do in place of passing the answer. */
  readonly #pending: Array<(() => void) | undefined> = []
  #arrivesAt = 0
  /** Whether something is on its way to the store whose caller has gone. */
  #late = false

  constructor(proxy: TcpProxy, client: Socket, wire: Wire) {
    this.#proxy = proxy
    this.#client = client
    this.#wire = wire
    this.#store = connect({ host, port: proxy.targetPort, noDelay: true })
    client.on("data", (chunk: Buffer) => this.#fromClient(chunk))
    this.#store.on("data", (chunk: Buffer) => this.#fromStore(chunk))
    client.on("error", () => this.cut())
    this.#store.on("error", () => this.cut())
    client.on("close", () => {
      if (!this.#late) this.#store.end()
    })
    this.#store.on("close", () => {
      if (!proxy.swallowing(this)) client.destroy()
    })
  }

  cut(): void {
    this.#client.destroy()
    this.#store.destroy()
  }

  #fromClient(chunk: Buffer): void {
    if (this.#proxy.swallowing(this)) return
    this.#repeat(chunk)
    for (const { answered, bytes, call } of this.#wire.requests(chunk)) {
      if (call !== undefined) this.steps.add(call.step)
      const action = call === undefined || this.#client.destroyed ? pass : this.#proxy.tap(call)
      switch (action.kind) {
        case "cut":
          this.cut()
          return
        case "late":
          // The rest of what the client sent is lost with it.
          this.#late = true
          this.#client.destroy()
          setTimeout(() => this.#store.write(bytes), action.millis)
          setTimeout(() => this.#store.end(), action.millis + 1000)
          return
        case "lose answer":
          this.#pending.push(action.lost)
          this.#send(bytes)
          break
        case "pass":
          if (answered) this.#pending.push(undefined)
          this.#send(bytes)
      }
    }
  }

  #send(bytes: Buffer): void {
    const delay = this.#proxy.delayMillis()
    const now = performance.now()
    if (delay === 0 && this.#arrivesAt <= now) {
      this.#store.write(bytes)
      return
    }
    // What was sent later never arrives earlier.
    this.#arrivesAt = Math.max(this.#arrivesAt, now + delay)
    setTimeout(() => this.#store.write(bytes), this.#arrivesAt - now)
  }

  #fromStore(chunk: Buffer): void {
    if (this.#proxy.swallowing(this)) return
    for (const { bytes, ends } of this.#wire.answers(chunk)) {
      const lost = this.#pending[0]
      if (ends) this.#pending.shift()
      if (lost === undefined) {
        this.#client.write(bytes)
      } else if (ends) {
        lost()
        this.cut()
        return
      }
    }
  }

  #repeat(chunk: Buffer): void {
    const millis = this.#proxy.repeatMillis(chunk)
    if (millis === undefined) return
    setTimeout(() => {
      const again = connect({ host, port: this.#proxy.targetPort, noDelay: true })
      again.on("error", () => again.destroy())
      again.once("data", () => again.end())
      again.write(chunk)
    }, millis)
  }
}
