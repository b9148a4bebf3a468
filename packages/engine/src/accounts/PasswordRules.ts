import { PasswordRefused } from "@berth/domain/AccountErrors"
import type { EmailAddress } from "@berth/domain/EmailAddress"
import { Redacted } from "effect"
import { readFileSync } from "node:fs"

/** Fewest characters of a password that may be all there is to sign in (NIST SP 800-63B-4, 3.1.1.2). */
export const passwordLengthMin = 15

/** Most characters; NIST asks that 64 be taken at least. */
export const passwordLengthMax = 128

/** Common passwords in a row that are no better than one. */
const commonInARowMax = 3

/** Fewest different characters. */
const differentCharactersMin = 5

const serviceName = "berth"

const commonPasswords: ReadonlySet<string> = new Set(
  readFileSync(new URL("../../data/common-passwords/common-passwords.txt", import.meta.url), "utf8").split("\n")
    .filter((line) => line !== "")
)

/** The one form of a password, however a keyboard spells it (NIST SP 800-63B-4, 3.1.1.2: NFKC). */
export const normalisedPassword = (password: Redacted.Redacted): Redacted.Redacted =>
  Redacted.make(Redacted.value(password).normalize("NFKC"), { label: "password" })

/** Fewest words that make up the whole text; Infinity where none do. */
const wordsNeeded = (text: string, words: ReadonlySet<string>): number => {
  const longest = Math.max(...Array.from(words, (word) => word.length))
  const fewest = [0]
  for (let end = 1; end <= text.length; end++) {
    let best = Infinity
    for (let start = Math.max(0, end - longest); start < end; start++) {
      const before = fewest[start] ?? Infinity
      if (before + 1 < best && words.has(text.slice(start, end))) {
        best = before + 1
      }
    }
    fewest.push(best)
  }
  return fewest.at(-1) ?? Infinity
}

const isRepetition = (text: string): boolean => /^(.{1,10})\1+.{0,5}$/su.test(text)

/** Letters or digits one after the other, as in the alphabet or backwards. */
const isSequence = (text: string): boolean => {
  const codes = Array.from(text, (letter) => letter.codePointAt(0) ?? 0)
  return codes.every((code, index) => Math.abs(code - (codes[index - 1] ?? code)) <= 1)
}

const isCommon = (text: string, email: EmailAddress): boolean => {
  const plain = text.toLowerCase().replaceAll(/[\s._@-]/g, "")
  const ownWords = email.split(/[.@_+-]/).filter((word) => word.length > 2)
  const words = new Set([...commonPasswords, serviceName, email.replaceAll(/[._@-]/g, ""), ...ownWords])
  return new Set(plain).size < differentCharactersMin || isSequence(plain) || isRepetition(plain)
    || wordsNeeded(plain, words) <= commonInARowMax
}

const refusals = {
  short: `A password has at least ${passwordLengthMin} characters; three or four unrelated words are a good one.`,
  long: `A password has at most ${passwordLengthMax} characters.`,
  common: "This password is among the first that are tried. Choose unrelated words, without your address or a pattern."
}

/** Why a normalised password may not be an account's; nothing where it may. */
export const passwordFlaw = (password: Redacted.Redacted, email: EmailAddress): PasswordRefused | undefined => {
  const text = Redacted.value(password)
  const length = Array.from(text).length
  const reason = length < passwordLengthMin
    ? "short"
    : length > passwordLengthMax
    ? "long"
    : isCommon(text, email)
    ? "common"
    : undefined
  return reason === undefined ? undefined : new PasswordRefused({ reason, detail: refusals[reason] })
}
