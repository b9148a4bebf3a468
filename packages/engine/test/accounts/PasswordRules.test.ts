import { EmailAddress } from "@berth/domain/EmailAddress"
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import {
  normalisedPassword,
  passwordFlaw,
  passwordLengthMax,
  passwordLengthMin
} from "../../src/accounts/PasswordRules.ts"

const email = EmailAddress.make("ada.lovelace@analytical.example")

const flawOf = (text: string) => passwordFlaw(normalisedPassword(Redacted.make(text)), email)?.reason

describe("PasswordRules", () => {
  it("takes unrelated words, in any script", () => {
    for (
      const text of [
        "correct horse battery staple",
        "mein Hund frisst Kreide",
        "घोड़ा बैटरी सही स्टेपल नदी",
        "x7#Kp2!vQ9$mZ4&"
      ]
    ) {
      assert.isUndefined(flawOf(text), text)
    }
  })

  it("counts characters and not bytes, from the least to the most", () => {
    const words = "ßeltsamer🚂Morgen in Ulm und um Ulm herum "
    const of = (length: number) => Array.from(words.repeat(4)).slice(0, length).join("")
    assert.strictEqual(flawOf(of(passwordLengthMin - 1)), "short")
    assert.isUndefined(flawOf(of(passwordLengthMin)))
    assert.isUndefined(flawOf(`${of(42)}${Array.from({ length: 86 }, (_, at) => (at * at * 7) % 10).join("")}`))
    assert.strictEqual(flawOf(of(passwordLengthMax + 1)), "long")
  })

  it("refuses the commonest, three of them in a row, patterns, and what everybody knows of the person", () => {
    const bad = [
      "passwordpassword",
      "Password 1234567890",
      "qwertyuiopasdfghjkl",
      "iloveyou-princess-1990",
      "aaaaaaaaaaaaaaaaaaaa",
      "a - - - - - - - - - -",
      "abcdefghijklmnopqrst",
      "98765432109876543210",
      "xyzxyzxyzxyzxyzxyz",
      "ada.lovelace@analytical.example",
      "LovelaceAnalytical",
      "berthberthanalytical"
    ]
    for (const text of bad) assert.strictEqual(flawOf(text), "common", text)
  })

  it("is the same password however a keyboard composes its letters", () => {
    const composed = normalisedPassword(Redacted.make("caf\u00e9 \ufb01nale"))
    assert.strictEqual(Redacted.value(composed), Redacted.value(normalisedPassword(Redacted.make("cafe\u0301 finale"))))
  })

  it("says what to do, and never repeats the password", () => {
    const text = "passwordpassword"
    const flaw = passwordFlaw(Redacted.make(text), email)
    assert.include(flaw?.detail, "unrelated words")
    assert.notInclude(JSON.stringify(flaw), text)
    assert.notInclude(String(normalisedPassword(Redacted.make(text))), text)
  })
})
