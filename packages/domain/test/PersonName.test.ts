import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { PersonName, personNameLengthMax } from "../src/PersonName.ts"
import { notRefused, notTaken } from "./Decoding.ts"

const expected = "Expected a name of 1 to 60 characters without control characters or outer spaces"

const isPersonName = Schema.is(PersonName)

const Part = Schema.String.check(Schema.isMaxLength(8))

/** Text of letters, marks, spaces, joiners and what else a name may or may not have. */
const Text = Schema.Array(
  Schema.Literals(["a", "क", "\u094d", "𠮷", "\ud842", " ", "\u00a0", "\u200c", "\u200d", "\u202e", "\n", "-"])
)

describe("PersonName", () => {
  it("takes the names of people", () => {
    assert.isEmpty(notTaken(PersonName, [
      "Example",
      "O",
      "Siobhán O'Brien-Nair",
      "D’Souza",
      "Dr. A. P. J. Abdul Kalam",
      "प्रिया शर्मा",
      "முத்துலட்சுமி",
      "ঐশ্বর্যা",
      "محمد",
      "李小龍",
      "𠮷田"
    ]))
  })

  it("takes the joiners that spelling needs", () => {
    assert.isEmpty(notTaken(PersonName, [
      // Sinhala: Sri, written with its conjunct.
      "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
      // Marathi: an eyelash ra.
      "\u0938\u0941\u0930\u094d\u200d\u092f\u093e",
      // Bengali: Rachel, the joiner after a letter.
      "\u09b0\u200d\u09cd\u09af\u09be\u099a\u09c7\u09b2",
      // Malayalam: Anivar, closed by a joined virama, alone and before another name.
      "\u0d05\u0d28\u0d3f\u0d35\u0d30\u0d4d\u200d",
      "\u0d05\u0d28\u0d3f\u0d35\u0d30\u0d4d\u200d \u0d2a\u0d3f",
      // Persian: Alireza, in two parts.
      "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    ]))
  })

  it("refuses joiners that spell nothing", () => {
    assert.isEmpty(notRefused(PersonName, expected, [
      "\u200d",
      "\u200cAnna",
      "Anna\u200c",
      "Anna\u200d",
      "Anna \u200dMaria",
      "\u0930\u094d\u200d\u200d\u092f",
      "\u0d30\u0d4d\u200d\u200d",
      "\u0d30\u0d4d\u200d\u200c",
      "👩\u200d👩"
    ]))
  })

  it("refuses control characters, line breaks and whatever hides or reorders text", () => {
    assert.isEmpty(notRefused(PersonName, expected, [
      "Anna\u0000",
      "An\u0000na",
      "An\tna",
      "Anna\nMaria",
      "An\u0085na",
      "An\u007fna",
      "An\u2028na",
      "An\u2029na",
      "\u202eannA",
      "An\u2066na",
      "An\u200fna",
      "An\u00adna",
      "An\u200bna",
      "An\u2060na",
      "\ufeffAnna"
    ]))
  })

  it("refuses half of a surrogate pair, which no database stores", () => {
    assert.isEmpty(notRefused(PersonName, expected, ["\ud842", "Anna\ud842", "\udfb7Anna", "\udfb7\ud842"]))
  })

  it("refuses outer spaces of any width, and nothing else to read", () => {
    assert.isEmpty(notRefused(PersonName, expected, ["", " ", " Anna", "Anna ", "\u00a0Anna", "Anna\u3000"]))
  })

  it("counts sixty UTF-16 units", () => {
    assert.isEmpty(notTaken(PersonName, ["a".repeat(60), "𠮷".repeat(30)]))
    assert.isEmpty(notRefused(PersonName, expected, ["a".repeat(61), "𠮷".repeat(30) + "a"]))
  })

  it("refuses what is no text", () => {
    for (const value of [undefined, null, 1, {}, ["Anna"]]) assert.isFalse(isPersonName(value))
  })

  it.prop("finds a control character wherever it stands", [
    Part,
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0x1f })),
    Part
  ], ([before, control, after]) => {
    assert.isFalse(isPersonName(before + String.fromCharCode(control) + after))
  })

  it.prop("takes nothing that is not well-formed, trimmed and short", [Text], ([parts]) => {
    const text = parts.join("")
    if (isPersonName(text)) {
      assert.isTrue(text.isWellFormed())
      assert.strictEqual(text.trim(), text)
      assert.isTrue(text.length >= 1 && text.length <= personNameLengthMax)
      assert.notMatch(text, /\n|\u202e|(?:\u200c|\u200d){2}|(?:^| )(?:\u200c|\u200d)/u)
    }
  }, { arbitrary: { runs: 300 } })
})
