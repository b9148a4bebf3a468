import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { pnrOf, pnrSerialLimit } from "../../src/ledger/PnrCipher.ts"

const Key = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }))).check(
  Schema.isMinLength(8),
  Schema.isMaxLength(8)
)
const Serial = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: pnrSerialLimit - 1000 }))

it.prop("a thousand serials have a thousand PNRs of ten digits, whatever the key", [Key, Serial], ([key, first]) => {
  const pnrs = Array.from({ length: 1000 }, (_, n) => pnrOf(key, first + n))
  assert.strictEqual(new Set(pnrs).size, 1000)
  for (const pnr of pnrs) assert.match(pnr, /^[1-9]\d{9}$/)
}, { arbitrary: { runs: 50 } })

it.prop("serials far apart have PNRs of their own", [Key, Schema.Array(Serial)], ([key, serials]) => {
  assert.strictEqual(new Set(serials.map((serial) => pnrOf(key, serial))).size, new Set(serials).size)
}, { arbitrary: { runs: 50 } })
