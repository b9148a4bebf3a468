import { printable } from "@berth/domain/PrintableText"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { clip, line, padTo, span, toText, trimmed, widthOf, wrap } from "../../src/cli/Line.ts"
import { actsOnTerminal, AnyText, Width } from "./TerminalText.ts"

const Parts = Schema.Array(AnyText)
const Columns = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))

describe("a line", () => {
  it("counts the columns that terminals give to each script", () => {
    const widths: ReadonlyArray<readonly [text: string, width: number]> = [
      ["", 0],
      ["Asha Rao", 8],
      ["रवि कुमार", 8],
      ["東京駅", 6],
      ["한국어", 6],
      ["e\u0301", 1],
      ["→·█…", 4],
      ["😀", 2]
    ]
    for (const [text, width] of widths) assert.strictEqual(widthOf(line(text)), width, text)
  })

  it.prop("is never wider than it was clipped to, and whole where it fits", [Parts, Columns], ([parts, width]) => {
    const whole = line(...parts)
    const clipped = clip(whole, width)
    assert.isAtMost(widthOf(clipped), width)
    if (widthOf(whole) <= width) assert.deepStrictEqual(clipped, whole)
  })

  it.prop("is filled up to a width, on either side", [AnyText, Width], ([text, width]) => {
    const cell = clip(line(text), width)
    assert.strictEqual(widthOf(padTo(cell, width)), width)
    assert.strictEqual(widthOf(padTo(cell, width, "right")), width)
  })

  it.prop("holds nothing that acts on a terminal", [Parts], ([parts]) => {
    assert.notMatch(toText(line(...parts), false), actsOnTerminal)
  })

  it("is coloured only where colours are wanted", () => {
    const greeting = line(span("free", "green"), " taken")
    assert.strictEqual(toText(greeting, false), "free taken")
    assert.strictEqual(toText(greeting, true), "\x1b[32mfree\x1b[0m taken")
  })

  it("loses the spaces at its end, through all spans", () => {
    assert.strictEqual(toText(trimmed(line("a ", span("b  "), "  ")), false), "a b")
    assert.deepStrictEqual(trimmed(line("  ")), [])
  })
})

describe("wrapped text", () => {
  it.prop("keeps to the width, and keeps every word", [AnyText, Width], ([text, width]) => {
    const lines = wrap(text, width)
    for (const each of lines) assert.isAtMost(widthOf([{ text: each }]), width)
    assert.strictEqual(lines.join("").replaceAll(" ", ""), printable(text).replaceAll(" ", ""))
  })
})
