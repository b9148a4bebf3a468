import { printable, printableJson } from "@berth/domain/PrintableText"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"

// What may act on a terminal, in the words of Unicode: controls, separators of lines, surrogates and reordering.
const acts = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

const Text = Schema.Array(
  Schema.Literals([
    "a",
    "\n",
    "\r",
    "\x1b",
    "\x9b",
    "\u0000",
    "\u2028",
    "\u202e",
    "\ud800",
    "\u200d",
    "क्",
    "🚆",
    "\"",
    "\\"
  ])
)

describe("printable text", () => {
  it("shows what would have acted, and leaves names as they are spelt", () => {
    assert.strictEqual(printable("\x1b[2J"), "\\x1b[2J")
    assert.strictEqual(printable("a\r\nb"), "a\\x0d\\x0ab")
    assert.strictEqual(printable("\u202Eevil"), "\\u{202e}evil")
    assert.strictEqual(printable("ക്\u200d രവി"), "ക്\u200d രവി")
  })

  it.prop("holds nothing that acts on a terminal", [Text], ([parts]) => {
    assert.notMatch(printable(parts.join("")), acts)
  })

  it.prop("is JSON that decodes to the same", [Text], ([parts]) => {
    const json = printableJson(JSON.stringify(parts))
    assert.notMatch(json, acts)
    assert.deepStrictEqual(JSON.parse(json), parts)
  })
})
