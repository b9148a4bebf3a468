import { Config, Effect, Layer, Option, Queue, Redacted, Schedule, Schema } from "effect"
import { createTransport } from "nodemailer"
import { Mail, type Message } from "./Mail.ts"

/** Mails that wait to be sent; more are dropped, and whoever misses one asks again. */
const waitingMax = 1_000

/** Mails sent at once. */
const sendersMax = 4

const connectMillisMax = 10_000

/** Longest that one attempt to send may take. */
const sendMax = "30 seconds"

const retries = Schedule.exponential("2 seconds").pipe(Schedule.jittered, Schedule.upTo({ times: 4 }))

/** A mail server did not take a mail; its words may hold the mail's, so that only its code is kept. */
class MailNotSent extends Schema.TaggedError<MailNotSent>()("MailNotSent", { code: Schema.String }) {
  override get message(): string {
    return `The mail server did not take a mail (${this.code})`
  }
}

const decodeCode = Schema.decodeUnknownOption(Schema.Struct({ code: Schema.String }))

const notSent = (cause: unknown) =>
  new MailNotSent({ code: Option.match(decodeCode(cause), { onNone: () => "unknown", onSome: ({ code }) => code }) })

/** Sends mail by the server of an `smtp:` or `smtps:` address, beside the calls that ask for it. */
export const layer = (options: { readonly url: Redacted.Redacted; readonly from: string }) =>
  Layer.effect(
    Mail,
    Effect.gen(function*() {
      const transport = yield* Effect.acquireRelease(
        Effect.sync(() =>
          createTransport({
            url: Redacted.value(options.url),
            connectionTimeout: connectMillisMax,
            greetingTimeout: connectMillisMax,
            socketTimeout: connectMillisMax,
            // Nothing that a message says is read from a file or fetched.
            disableFileAccess: true,
            disableUrlAccess: true
          })
        ),
        (opened) => Effect.sync(() => opened.close())
      )
      const queue = yield* Queue.dropping<Message>(waitingMax)

      const deliver = ({ subject, text, to }: Message) =>
        Effect.tryPromise({
          try: () => transport.sendMail({ from: options.from, to, subject, text: Redacted.value(text) }),
          catch: notSent
        }).pipe(
          Effect.timeoutOrElse({
            duration: sendMax,
            orElse: () => Effect.fail(new MailNotSent({ code: "ETIMEDOUT" }))
          }),
          Effect.retry(retries),
          Effect.catchTag("MailNotSent", (error) => Effect.logError(`A mail was given up: ${error.message}`))
        )
      yield* Effect.forEach(
        Array.from({ length: sendersMax }),
        () => Queue.take(queue).pipe(Effect.flatMap(deliver), Effect.forever, Effect.forkScoped),
        { discard: true }
      )

      return Mail.of({
        send: Effect.fn("Mail.send")(function*(message) {
          if (!(yield* Queue.offer(queue, message))) {
            yield* Effect.logError(`A mail was given up: ${waitingMax} wait already`)
          }
        })
      })
    })
  )

const SmtpUrl = Schema.String.check(
  Schema.makeFilter((text) =>
    text === "" || URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol)
      ? undefined
      : "Expected an address such as smtps://user:password@host:465"
  )
)

const smtpUrl = Config.schema(Schema.RedactedFromValue(SmtpUrl), "SMTP_URL").pipe(
  Config.withDefault(Redacted.make(""))
)

/** The mail server of `SMTP_URL`, with the sender of `MAIL_FROM`; nothing where it is not set, or empty. */
export const smtpSettings = Effect.gen(function*() {
  const url = yield* smtpUrl
  return Redacted.value(url) === ""
    ? Option.none()
    : Option.some({ url, from: yield* Config.NonEmptyString("MAIL_FROM") })
})
