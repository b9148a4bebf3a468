import { Accounts } from "@berth/engine/accounts/Accounts"
import { AttemptLimits } from "@berth/engine/accounts/AttemptLimits"
import { Mail } from "@berth/engine/accounts/Mail"
import { PasswordHashing } from "@berth/engine/accounts/PasswordHashing"
import { ProgramTokens } from "@berth/engine/accounts/ProgramTokens"
import { SecondFactors } from "@berth/engine/accounts/SecondFactors"
import { Sessions } from "@berth/engine/accounts/Sessions"
import { SigningIn } from "@berth/engine/accounts/SigningIn"
import * as SmtpMail from "@berth/engine/accounts/SmtpMail"
import { Effect, Layer, Option } from "effect"
import { isLoopback, serverSettings } from "./ServerSettings.ts"

/** The mail server of `SMTP_URL`. Without one, mails are written to the log, but only where nobody else can call. */
const mail = Layer.unwrap(Effect.gen(function*() {
  const smtp = yield* SmtpMail.smtpSettings
  if (Option.isSome(smtp)) {
    return SmtpMail.layer(smtp.value)
  }
  const { host } = yield* serverSettings
  return isLoopback(host) ? Mail.layerLog : Mail.layerNone
}))

/** Accounts over PostgreSQL, with attempts counted in Redis. */
export const layer = Layer.merge(Accounts.layer, SigningIn.layer).pipe(
  Layer.provide([AttemptLimits.layer, PasswordHashing.layer, SecondFactors.layer, mail]),
  Layer.provideMerge(Layer.merge(Sessions.layer, ProgramTokens.layer))
)
