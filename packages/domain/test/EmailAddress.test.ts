import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { EmailAddress, emailLengthMax } from "../src/EmailAddress.ts"

const decode = Schema.decodeUnknownOption(EmailAddress)

describe("EmailAddress", () => {
  it("is in lower case, so that a capital letter makes no second account", () => {
    assert.deepStrictEqual(decode("Ada.Lovelace+trains@Example.ORG"), decode("ada.lovelace+trains@example.org"))
    assert.isTrue(decode("a@b-c.example")._tag === "Some")
  })

  it("is not what a mail server would read as two, nor letters that only look alike, nor longer than a path", () => {
    const domain = `${`${"d".repeat(60)}.`.repeat(3)}example`
    const longest = `${"a".repeat(emailLengthMax - domain.length - 1)}@${domain}`
    assert.strictEqual(longest.length, emailLengthMax)
    assert.strictEqual(decode(longest)._tag, "Some")
    const bad = [
      "",
      "ada",
      "ada@",
      "@example.org",
      "ada@localhost",
      "ada@example.org,eve@example.org",
      "ada@example.org\r\nBcc: eve@example.org",
      "ada <ada@example.org>",
      " ada@example.org",
      "\u0430da@example.org",
      "ada@ex\u212Aample.org",
      "ada@-example.org",
      `a${longest}`
    ]
    for (const text of bad) assert.strictEqual(decode(text)._tag, "None", JSON.stringify(text))
  })
})
