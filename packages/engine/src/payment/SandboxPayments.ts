import type { Money } from "@berth/domain/Money"
import { Context, Duration, Effect, Layer } from "effect"
import { GatewayUnavailable, Payments } from "./Payments.ts"

/** How long a call may take unless another time is told. */
const patienceMillis = 10_000

/** Payments kept in memory; the oldest are forgotten, and answered as new ones. */
const paymentsMax = 10_000

/**
 * `declines`: says no to new money; `fails`: does nothing and says so; `late`: does it, and its answer is lost; `never`:
 * does nothing and does not answer; `slow`: answers after half the time that it has; `twice`: does it twice.
 */
export type SandboxManner = "answers" | "declines" | "fails" | "late" | "never" | "slow" | "twice"

export interface SandboxCall {
  readonly method: "authorise" | "capture" | "refund"
  readonly id: string
}

interface Account {
  readonly amount: Money
  state: "authorised" | "declined" | "captured" | "freed"
  readonly refunds: Map<string, number>
}

/** What the sandbox has of a payment, paise. */
export interface SandboxBalance {
  readonly taken: number
  readonly givenBack: number
}

/** A gateway in memory, with which nobody pays anything; it can be told to behave as real ones do. */
export class SandboxPayments extends Context.Service<SandboxPayments, {
  /** How each call from now on is answered, and how long its caller waits. */
  tell(manner: (call: SandboxCall) => SandboxManner, patience?: Duration.Input): Effect.Effect<void>
  /** What was taken and given back under the id of a payment. */
  balance(id: string): Effect.Effect<SandboxBalance>
}>()("@berth/engine/payment/SandboxPayments") {
  static readonly layer = Layer.effectContext(Effect.sync(() => make()))
}

const makeAccounts = () => {
  const accounts = new Map<string, Account>()
  const open = (id: string, amount: Money, state: Account["state"]): Account => {
    const known = accounts.get(id)
    if (known !== undefined) {
      return known
    }
    const account: Account = { amount, state, refunds: new Map() }
    accounts.set(id, account)
    for (const oldest of accounts.keys()) {
      if (accounts.size <= paymentsMax) break
      accounts.delete(oldest)
    }
    return account
  }
  return { accounts, open }
}

const always = (): SandboxManner => "answers"

const make = () => {
  const { accounts, open } = makeAccounts()
  let within: Duration.Duration = Duration.millis(patienceMillis)
  let mannerOf: (call: SandboxCall) => SandboxManner = always

  const answer = <A>(call: SandboxCall, act: (manner: SandboxManner) => A): Effect.Effect<A, GatewayUnavailable> => {
    const unavailable = new GatewayUnavailable({ call: `${call.method} ${call.id}` })
    const answered = Effect.suspend((): Effect.Effect<A, GatewayUnavailable> => {
      const manner = mannerOf(call)
      switch (manner) {
        case "fails":
          return Effect.fail(unavailable)
        case "never":
          return Effect.never
        case "late":
          act(manner)
          return Effect.fail(unavailable)
        case "slow":
          return Effect.delay(Effect.sync(() => act(manner)), Duration.divideUnsafe(within, 2))
        case "twice":
          act(manner)
          return Effect.succeed(act(manner))
        default:
          return Effect.succeed(act(manner))
      }
    })
    return Effect.timeoutOrElse(answered, { duration: within, orElse: () => Effect.fail(unavailable) })
  }

  const payments = Payments.of({
    authorise: ({ amount, id }) =>
      answer({ method: "authorise", id }, (manner) => {
        const { state } = open(id, amount, manner === "declines" ? "declined" : "authorised")
        return state === "declined" || state === "freed" ? "declined" : "authorised"
      }),
    capture: ({ amount, id }) =>
      answer({ method: "capture", id }, () => {
        open(id, amount, "authorised").state = "captured"
      }),
    refund: ({ amount, id, of }) =>
      answer({ method: "refund", id }, () => {
        const account = open(of.id, of.amount, "freed")
        if (account.state === "captured") {
          account.refunds.set(id, amount.amount)
        } else {
          account.state = "freed"
        }
      })
  })
  const sandbox = SandboxPayments.of({
    tell: (manner, patience = patienceMillis) =>
      Effect.sync(() => {
        mannerOf = manner
        within = Duration.fromInputUnsafe(patience)
      }),
    balance: (id) =>
      Effect.sync(() => {
        const account = accounts.get(id)
        return {
          taken: account?.state === "captured" ? account.amount.amount : 0,
          givenBack: [...account?.refunds.values() ?? []].reduce((sum, paise) => sum + paise, 0)
        }
      })
  })
  return Context.mergeAll(Context.make(Payments, payments), Context.make(SandboxPayments, sandbox))
}
