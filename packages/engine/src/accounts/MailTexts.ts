import type { EmailAddress } from "@berth/domain/EmailAddress"
import { Duration, Redacted } from "effect"
import { mailCodeLife } from "./AccountRows.ts"
import type { Message } from "./Mail.ts"

const minutes = Duration.toMinutes(mailCodeLife)

/** The mail that brings a code; only its reader learns whether there was an account. */
export const mailCodeMessage = (to: EmailAddress, code: Redacted.Redacted, known: boolean): Message => ({
  to,
  subject: known ? "Choose a new password for Berth" : "Your account at Berth",
  text: Redacted.make(
    [
      known
        ? "Somebody asked for a new password for your account at Berth, or to register with your address again."
        : "Somebody asked for an account at Berth with your address. There is none yet.",
      "",
      `If it was you, choose a password with this code within ${minutes} minutes:`,
      "",
      Redacted.value(code),
      "",
      known
        ? "If it was not you, do nothing: your password stays as it is."
        : "If it was not you, do nothing: no account is made."
    ].join("\n"),
    { label: "mail" }
  )
})

/** The mail that tells a person of a new password. */
export const passwordChangedMessage = (to: EmailAddress): Message => ({
  to,
  subject: "Your password for Berth was changed",
  text: Redacted.make("If it was not you, ask for a code at once and choose a new password.", { label: "mail" })
})
