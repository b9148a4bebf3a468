import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Quota, QuotaInput, quotaNames, quotas } from "../src/Quota.ts"
import { flawsOf } from "./Decoding.ts"

const decode = Schema.decodeUnknownSync(QuotaInput)

describe("QuotaInput", () => {
  it("takes the long names for their codes", () => {
    assert.deepStrictEqual(["GENERAL", "TATKAL", "LADIES", "SENIOR"].map((name) => decode(name)), [
      "GN",
      "TQ",
      "LD",
      "SS"
    ])
  })

  it.prop("takes every code for itself, and writes codes only", [Quota], ([quota]) => {
    assert.strictEqual(decode(quota), quota)
    assert.strictEqual(Schema.encodeSync(QuotaInput)(quota), quota)
  })

  it("refuses unknown quotas and names what is allowed", () => {
    for (const value of ["", "gn", "General", "XX", "GN ", 1, null]) {
      const { "": message, ...others } = flawsOf(QuotaInput, value)
      assert.deepStrictEqual(others, {})
      for (const allowed of [...quotas, "GENERAL", "TATKAL", "LADIES", "SENIOR"]) {
        assert.include(message, `"${allowed}"`)
      }
    }
  })
})

describe("Quota", () => {
  it("has a name of its own for every code", () => {
    assert.strictEqual(new Set(quotas).size, quotas.length)
    assert.strictEqual(new Set(quotas.map((quota) => quotaNames[quota])).size, quotas.length)
  })
})
