import { Context, Effect, Layer, Redacted } from "effect"

export interface Message {
  readonly to: string
  readonly subject: string
  /** Plain text; it may hold a secret for the reader alone. */
  readonly text: Redacted.Redacted
}

/** Sends mail. It answers at once: whether an address takes mail must not show in how long a call takes. */
export class Mail extends Context.Service<Mail, {
  send(message: Message): Effect.Effect<void>
}>()("@berth/engine/accounts/Mail") {
  /** Writes mails to the log, secrets and all: for trying things on a machine that nobody else reaches. */
  static readonly layerLog = Layer.succeed(Mail, {
    send: ({ subject, text, to }) =>
      Effect.logInfo(`Mail to ${to}, not sent because SMTP_URL is not set: ${subject}\n${Redacted.value(text)}`)
  })

  /** Sends nothing, and says so in the log without the mail's text. */
  static readonly layerNone = Layer.succeed(Mail, {
    send: ({ subject }) =>
      Effect.logWarning(`A mail was not sent because SMTP_URL is not set: ${subject}. Set SMTP_URL and MAIL_FROM.`)
  })
}
