import { Overloaded } from "@berth/domain/ServiceErrors"
import { hash, verify } from "@node-rs/argon2"
import { Context, Effect, Layer, Redacted, Semaphore } from "effect"

/**
 * Costs of a hash: argon2id with 19 MiB, two passes and one lane, the least that OWASP's Password Storage Cheat Sheet
 * recommends. One takes about 25 ms of a core.
 */
const costs = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const

/** Hashes worked on at once, on threads beside the event loop; half of libuv's four, whose others look up names. */
export const hashesAtOnceMax = 2

/** Hashes worked on or waited for; more are refused at once, for they would be answered after their callers have gone. */
export const hashesUnderWayMax = 34

/** The function itself; each call costs what the parameters say. */
export const Argon2 = Context.Reference<{
  readonly hash: (password: string) => Promise<string>
  readonly verify: (hashed: string, password: string) => Promise<boolean>
}>("@berth/engine/accounts/Argon2", {
  defaultValue: () => ({
    hash: (password) => hash(password, costs),
    verify: (hashed, password) => verify(hashed, password)
  })
})

/** Of 32 random bytes that nobody kept; with the costs of every other hash. */
export const decoyHash =
  "$argon2id$v=19$m=19456,t=2,p=1$Si2vR1M0lYcGGBOjPdxp8A$PRVxAHxbzFWoqUpCkmR10z3+MVcWRfsW9YzHtQhFlsQ"

const busy = new Overloaded({
  retryAfterSeconds: 2,
  detail: "More passwords are being checked than the server takes. Try again in 2 seconds."
})

/** Passwords to hashes, a bounded number at once. */
export class PasswordHashing extends Context.Service<PasswordHashing, {
  hash(password: Redacted.Redacted): Effect.Effect<string, Overloaded>
  /** Whether the password is the one that was hashed. Without a hash it works as long, and answers no. */
  matches(password: Redacted.Redacted, hashed: string | null): Effect.Effect<boolean, Overloaded>
}>()("@berth/engine/accounts/PasswordHashing") {
  static readonly layer = Layer.effect(PasswordHashing, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const argon2 = yield* Argon2
  const permits = yield* Semaphore.make(hashesAtOnceMax)
  let underWay = 0

  const bounded = <A>(work: () => Promise<A>): Effect.Effect<A, Overloaded> =>
    Effect.suspend(() => {
      if (underWay >= hashesUnderWayMax) {
        return Effect.fail(busy)
      }
      underWay++
      // A hash can't be stopped: whoever hangs up meanwhile must not make room for another beside it.
      return permits.withPermit(Effect.uninterruptible(Effect.promise(work))).pipe(
        Effect.ensuring(Effect.sync(() => {
          underWay--
        }))
      )
    })

  return PasswordHashing.of({
    hash: (password) => bounded(() => argon2.hash(Redacted.value(password))),
    matches: (password, hashed) =>
      Effect.map(
        bounded(() => argon2.verify(hashed ?? decoyHash, Redacted.value(password))),
        (same) => same && hashed !== null
      )
  })
})
