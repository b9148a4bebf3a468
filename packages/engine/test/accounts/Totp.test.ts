import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { base32, codeOf, provisioningUri, stepOfCode, stepSeconds } from "../../src/accounts/Totp.ts"

const secret = Buffer.from("12345678901234567890")

describe("Totp", () => {
  it("shows the codes of RFC 6238, appendix B, by their last six digits", () => {
    const codes = [[59, "287082"], [1111111109, "081804"], [1234567890, "005924"], [20000000000, "353130"]] as const
    for (const [seconds, code] of codes) {
      assert.strictEqual(codeOf(secret, Math.floor(seconds / stepSeconds)), code)
    }
  })

  it("writes secrets in the base32 of RFC 4648, section 10", () => {
    assert.strictEqual(base32(Buffer.from("foobar")), "MZXW6YTBOI")
    assert.strictEqual(provisioningUri("MZXW6", "a+b@example.org").includes("a%2Bb%40example.org?secret=MZXW6"), true)
  })

  const Steps = Schema.Struct({
    present: Schema.Int.check(Schema.isBetween({ minimum: 3, maximum: 100_000_000 })),
    off: Schema.Int.check(Schema.isBetween({ minimum: -3, maximum: 3 })),
    last: Schema.Int.check(Schema.isBetween({ minimum: -3, maximum: 3 }))
  })

  it.effect.prop(
    "takes a code of one step around now, after the last that was used, and no other",
    [Steps],
    ([given]) =>
      Effect.sync(() => {
        const step = given.present + given.off
        const found = stepOfCode({
          secret,
          code: codeOf(secret, step),
          nowSeconds: given.present * stepSeconds + 7,
          lastStep: given.present + given.last
        })
        const taken = Math.abs(given.off) <= 1 && given.off > given.last
        // Another step of the window may have the same code, one time in a million.
        assert.isTrue(taken ? found !== undefined && codeOf(secret, found) === codeOf(secret, step) : found !== step)
      }),
    { arbitrary: { runs: 200 } }
  )
})
