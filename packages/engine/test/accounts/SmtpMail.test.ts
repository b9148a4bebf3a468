import { assert, it } from "@effect/vitest"
import { Cause, ConfigProvider, Context, Effect, Fiber, Layer, Logger, Option, Queue, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Mail } from "../../src/accounts/Mail.ts"
import { layer as smtpMail, smtpSettings } from "../../src/accounts/SmtpMail.ts"
import { mailServer } from "./MailServer.ts"

const code = "secret-code-of-a-mail"
const message = { to: "ada@example.org", subject: "Your account at Berth", text: Redacted.make(`Hello.\n\n${code}\n`) }

const lines: Array<string> = []
const log = Logger.layer([
  Logger.make(({ cause, message: said }) => {
    lines.push(`${String(said)} ${Cause.pretty(cause)}`)
  })
])

const mailVia = (url: string) =>
  Effect.map(Layer.build(smtpMail({ url: Redacted.make(url), from: "Berth <berth@example.org>" })), Context.get(Mail))

it.live("a mail reaches the mail server, with sender, reader and text", () =>
  Effect.gen(function*() {
    const server = yield* mailServer()
    const { send } = yield* mailVia(server.url)
    yield* send(message)
    const { data, from, to } = yield* Queue.take(server.received)
    assert.include(from, "<berth@example.org>")
    assert.include(to, "<ada@example.org>")
    assert.include(data, code)
    assert.include(data, "Subject: Your account at Berth")
  }).pipe(Effect.scoped))

it.effect("a mail that no server takes is given up after five attempts at most, and the log does not repeat it", () =>
  Effect.gen(function*() {
    const server = yield* mailServer("554 5.7.1 go away, all of you")
    const { send } = yield* mailVia(server.url)
    yield* send(message)
    const givenUp = () => lines.some((line) => line.includes("A mail was given up"))
    // The network goes by its own time; only the pauses between the attempts go by the test's.
    const attempts = yield* Effect.forkChild(
      Effect.gen(function*() {
        while (!givenUp()) {
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          yield* TestClock.adjust("1 millis")
          if (server.connections() > 0) yield* TestClock.adjust("100 millis")
        }
      })
    )
    yield* Fiber.join(attempts)
    assert.isAtMost(server.connections(), 5)
    assert.notInclude(lines.join("\n"), code)
    assert.notInclude(lines.join("\n"), "ada@example.org")
  }).pipe(Effect.scoped, Effect.provide(log)))

const refused = () => lines.filter((line) => line.includes("1000 wait already")).length

it.effect("while the mail server takes nothing a thousand mails wait, and the next are given up", () =>
  Effect.gen(function*() {
    const server = yield* mailServer("554 5.7.1 go away, all of you")
    const { send } = yield* mailVia(server.url)
    const before = refused()
    // Four are on their way at most, and stay there: the clock stands still between their attempts.
    yield* Effect.replicateEffect(send(message), 1_000 + 4, { discard: true })
    yield* Effect.replicateEffect(send(message), 10, { discard: true })
    const some = refused() - before
    assert.isAtLeast(some, 10)
    assert.isAtMost(some, 10 + 4)
  }).pipe(Effect.scoped, Effect.provide(log)))

const settingsOf = (variables: Record<string, string>) =>
  Effect.provide(smtpSettings, ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))

it.effect("the mail server is named by SMTP_URL, with MAIL_FROM, or not at all", () =>
  Effect.gen(function*() {
    assert.isTrue(Option.isNone(yield* settingsOf({})))
    assert.isTrue(Option.isNone(yield* settingsOf({ SMTP_URL: "", MAIL_FROM: "" })))
    assert.isTrue(Option.isSome(yield* settingsOf({ SMTP_URL: "smtps://u:p@mail.example", MAIL_FROM: "a@b.example" })))
    const withoutSender = yield* Effect.flip(settingsOf({ SMTP_URL: "smtp://mail.example" }))
    assert.include(withoutSender.message, "MAIL_FROM")
    const wrong = yield* Effect.flip(
      settingsOf({ SMTP_URL: "http://user:hunter2@mail.example", MAIL_FROM: "a@b.example" })
    )
    assert.include(wrong.message, "smtps://")
    assert.notInclude(wrong.message, "hunter2")
  }))
