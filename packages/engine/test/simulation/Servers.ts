import { Cause, type Context, type Effect, Exit } from "effect"
import { type Server, startServer } from "./Server.ts"
import type { Stores } from "./Stores.ts"
import { Violation } from "./Violation.ts"

const names = ["A", "B"]

/** What nobody is at fault for. */
const expected = new Set([
  "SoldOut",
  "RunPreparing",
  "StoreUnavailable",
  "Overloaded",
  "BookingNotFound",
  "NothingToCancel",
  "QuotaNotOnTrain",
  "ClassNotOnTrain"
])

type Services = Server["context"] extends Context.Context<infer R> ? R : never

/** The servers that are alive, each as good as another. */
export class Servers {
  /** Found where it must not be thrown: within a fiber. */
  broken: Violation | undefined
  private readonly stores: Stores
  private alive: ReadonlyArray<Server>
  private started = 0

  constructor(stores: Stores) {
    this.stores = stores
    this.alive = names.map(() => this.another())
  }

  private another(): Server {
    return startServer(this.stores, `${names[this.started++ % names.length]}${this.started}`)
  }

  /** Starts something on a server and hears how it ends, unless the server dies first. */
  start<A, E extends { readonly _tag: string }>(
    what: string,
    work: Effect.Effect<A, E, Services>,
    told: (answer: A) => void = () => {}
  ): void {
    const { world } = this.stores
    const server = world.chance.pick(this.alive)
    world.note(() => `${server.name}: ${what}`)
    world.start(server.context, work, (exit) => {
      if (!server.alive) return
      if (Exit.isSuccess(exit)) {
        world.note(() => `${server.name}: ${what} is done`)
        return told(exit.value)
      }
      const failure = exit.cause.reasons.find(Cause.isFailReason)
      world.note(() => `${server.name}: ${what} ends: ${failure?.error._tag ?? String(exit.cause)}`)
      if (failure === undefined || !expected.has(failure.error._tag)) {
        this.report(new Violation("nothing fails without a reason", `${what}: ${Cause.pretty(exit.cause)}`))
      }
    })
  }

  /** Keeps the first violation, to be thrown between two steps. */
  report(violation: Violation): void {
    this.broken ??= violation
  }

  /** One of them dies, and another takes its place. */
  crash(): void {
    const { world } = this.stores
    const server = world.chance.pick(this.alive)
    world.note(() => `${server.name} dies`)
    world.kill(server)
    this.alive = [...this.alive.filter((other) => other !== server), this.another()]
  }
}
