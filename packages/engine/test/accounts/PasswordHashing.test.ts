import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Redacted } from "effect"
import {
  Argon2,
  decoyHash,
  hashesAtOnceMax,
  hashesUnderWayMax,
  PasswordHashing
} from "../../src/accounts/PasswordHashing.ts"

const password = Redacted.make("correct horse battery")

it.effect("a hash is argon2id with OWASP's costs and a salt of its own, and knows its password", () =>
  Effect.gen(function*() {
    const hashing = yield* PasswordHashing
    const hashes = yield* Effect.all([hashing.hash(password), hashing.hash(password)])
    assert.notStrictEqual(hashes[0], hashes[1])
    for (const hash of hashes) {
      assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
      assert.isTrue(yield* hashing.matches(password, hash))
      assert.isFalse(yield* hashing.matches(Redacted.make("correct horse batterz"), hash))
    }
  }).pipe(Effect.provide(PasswordHashing.layer)))

it.effect("without a hash it works as long as with one, by a decoy of the same costs", () => {
  const asked: Array<string> = []
  const counting = Layer.succeed(Argon2, {
    hash: () => Promise.resolve(""),
    verify: (hashed) => {
      asked.push(hashed)
      return Promise.resolve(true)
    }
  })
  return Effect.gen(function*() {
    const hashing = yield* PasswordHashing
    assert.isFalse(yield* hashing.matches(password, null))
    assert.deepStrictEqual(asked, [decoyHash])
    assert.match(decoyHash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  }).pipe(Effect.provide(PasswordHashing.layer.pipe(Layer.provide(counting))))
})

it.effect("the decoy is a hash that argon2 takes", () =>
  Effect.gen(function*() {
    assert.isFalse(yield* Effect.flatMap(PasswordHashing, (hashing) => hashing.matches(password, decoyHash)))
  }).pipe(Effect.provide(PasswordHashing.layer)))

it.effect("two hashes run at once, some wait, and more are refused without being worked on", () => {
  const started: Array<() => void> = []
  let running = 0
  let runningMost = 0
  const gated = Layer.succeed(Argon2, {
    hash: () => {
      running++
      runningMost = Math.max(runningMost, running)
      return new Promise<string>((resolve) => {
        started.push(() => {
          running--
          resolve("hashed")
        })
      })
    },
    verify: () => Promise.resolve(false)
  })
  return Effect.gen(function*() {
    const { hash } = yield* PasswordHashing
    const callers = yield* Effect.forEach(
      Array.from({ length: hashesUnderWayMax }),
      () => Effect.forkChild(hash(password), { startImmediately: true })
    )
    const refused = yield* Effect.flip(hash(password))
    assert.strictEqual(refused._tag, "Overloaded")
    assert.strictEqual(started.length, hashesAtOnceMax)

    // One who hangs up while its hash runs leaves no room beside it.
    const hangsUp = yield* Deferred.make<void>()
    yield* Effect.forkChild(
      Fiber.interrupt(callers[0] ?? (yield* Effect.die("none"))).pipe(
        Effect.andThen(Deferred.succeed(hangsUp, undefined))
      ),
      { startImmediately: true }
    )
    yield* Effect.yieldNow
    assert.strictEqual(started.length, hashesAtOnceMax)

    for (let done = 0; done < hashesUnderWayMax; done++) {
      const finish = started[done] ?? (yield* Effect.die(`hash ${done} was never begun`))
      finish()
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
    yield* Deferred.await(hangsUp)
    yield* Effect.forEach(callers.slice(1), Fiber.join)
    assert.strictEqual(runningMost, hashesAtOnceMax)
    assert.strictEqual(started.length, hashesUnderWayMax)
  }).pipe(Effect.provide(PasswordHashing.layer.pipe(Layer.provide(gated))))
})
