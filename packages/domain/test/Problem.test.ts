import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, SchemaAST } from "effect"
import { HttpApi } from "effect/http-api"
import {
  AccountNotFound,
  MailCodeRefused,
  PasswordRefused,
  PasswordWrong,
  ProgramTokenNotFound,
  SecondFactorConflict,
  SecondFactorNeeded,
  SecondFactorRefused,
  SignInRefused,
  TooManyProgramTokens
} from "../src/AccountErrors.ts"
import { BerthApi } from "../src/BerthApi.ts"
import {
  BookingNotFound,
  ClassNotOnTrain,
  HoldExpired,
  IdempotencyConflict,
  NotARunningDay,
  NothingToCancel,
  NothingToPay,
  OutsideBookingWindow,
  PaymentDeclined,
  PaymentPending,
  QuotaNotOnTrain,
  SoldOut,
  TooManyPassengers
} from "../src/BookingErrors.ts"
import { CursorGone } from "../src/BookingEvent.ts"
import { EventCursor } from "../src/EventCursor.ts"
import { JourneyDate } from "../src/JourneyDate.ts"
import { ofPaise } from "../src/Money.ts"
import { JourneysAhead, PersonNotFound } from "../src/PersonalData.ts"
import { Pnr } from "../src/Pnr.ts"
import { Forbidden, InvalidRequest, Unauthorized } from "../src/RequestErrors.ts"
import { RunNotFound, RunStateConflict } from "../src/RunList.ts"
import { SeatConfigImpossible, VersionConflict, VersionNeeded } from "../src/SeatConfig.ts"
import { Overloaded, RateLimited, RunPreparing, StoreUnavailable } from "../src/ServiceErrors.ts"
import { StationCode } from "../src/StationCode.ts"
import { JourneyNotOnTrain, StationNotFound, TrainNotFound } from "../src/TimetableErrors.ts"
import { TrainId } from "../src/TrainId.ts"
import { UserId } from "../src/UserId.ts"
import { TooManyWebhooks, WebhookNotFound, WebhookUrlRefused } from "../src/Webhook.ts"

const Problems = Schema.Union([
  AccountNotFound,
  MailCodeRefused,
  PasswordRefused,
  PasswordWrong,
  ProgramTokenNotFound,
  SecondFactorConflict,
  SecondFactorNeeded,
  SecondFactorRefused,
  SignInRefused,
  TooManyProgramTokens,
  BookingNotFound,
  ClassNotOnTrain,
  CursorGone,
  Forbidden,
  HoldExpired,
  IdempotencyConflict,
  InvalidRequest,
  JourneyNotOnTrain,
  JourneysAhead,
  NotARunningDay,
  NothingToCancel,
  NothingToPay,
  OutsideBookingWindow,
  Overloaded,
  PaymentDeclined,
  PaymentPending,
  PersonNotFound,
  QuotaNotOnTrain,
  RateLimited,
  RunNotFound,
  RunPreparing,
  RunStateConflict,
  SeatConfigImpossible,
  SoldOut,
  StationNotFound,
  StoreUnavailable,
  TooManyPassengers,
  TrainNotFound,
  Unauthorized,
  VersionConflict,
  VersionNeeded,
  TooManyWebhooks,
  WebhookNotFound,
  WebhookUrlRefused
])

const detail = "Nothing is left. Try another day."
const trainId = TrainId.make("12345")
const date = JourneyDate.make("2026-12-05")
const run = { trainId, date }
const pnr = Pnr.make("4512345678")
const travelClass = "SL"
const quota = "GN"
const retryAfterSeconds = 2

/** One problem of each kind, with its status, as the contract has it. */
const examples: ReadonlyArray<readonly [status: number, problem: typeof Problems.Type]> = [
  [400, new InvalidRequest({ detail, errors: [{ in: "body", path: ["passengers", 0, "age"], message: "Expected" }] })],
  [401, new Unauthorized({ detail })],
  [402, new PaymentDeclined({ detail, pnr, amountDue: ofPaise(12_300) })],
  [403, new Forbidden({ detail, userId: UserId.make("user_789") })],
  [404, new BookingNotFound({ detail, pnr })],
  [404, new PersonNotFound({ detail, userId: UserId.make("user_789") })],
  [404, new RunNotFound({ detail, ...run })],
  [404, new StationNotFound({ detail, stationCode: StationCode.make("HWH") })],
  [404, new TrainNotFound({ detail, trainId })],
  [409, new IdempotencyConflict({ detail })],
  [409, new JourneysAhead({ detail, pnrs: [pnr] })],
  [409, new NothingToCancel({ detail, pnr })],
  [409, new NothingToPay({ detail, pnr })],
  [409, new RunStateConflict({ detail, ...run })],
  [409, new SoldOut({ detail, ...run, travelClass, quota })],
  [410, new HoldExpired({ detail, pnr })],
  [412, new VersionConflict({ detail, trainId, version: 7 })],
  [422, new ClassNotOnTrain({ detail, ...run, travelClass })],
  [422, new JourneyNotOnTrain({ detail, ...run, from: StationCode.make("GHY"), to: StationCode.make("HWH") })],
  [422, new NotARunningDay({ detail, ...run })],
  [422, new OutsideBookingWindow({ detail, ...run, firstDate: date, lastDate: JourneyDate.make("2027-02-03") })],
  [422, new QuotaNotOnTrain({ detail, ...run, travelClass, quota })],
  [422, new SeatConfigImpossible({ detail, trainId })],
  [422, new TooManyPassengers({ detail, passengers: 7, passengersMax: 6 })],
  [428, new VersionNeeded({ detail, trainId })],
  [429, new RateLimited({ detail, retryAfterSeconds })],
  [503, new Overloaded({ detail, retryAfterSeconds })],
  [503, new PaymentPending({ detail, pnr, retryAfterSeconds })],
  [503, new RunPreparing({ detail, ...run, retryAfterSeconds })],
  [503, new StoreUnavailable({ detail, store: "redis", retryAfterSeconds })],
  [401, new SecondFactorNeeded({ detail })],
  [401, new SignInRefused({ detail })],
  [403, new PasswordWrong({ detail })],
  [403, new SecondFactorRefused({ detail })],
  [404, new AccountNotFound({ detail, userId: UserId.make("user_789") })],
  [404, new ProgramTokenNotFound({ detail, id: 7 })],
  [409, new SecondFactorConflict({ detail })],
  [409, new TooManyProgramTokens({ detail, tokensMax: 20 })],
  [410, new MailCodeRefused({ detail })],
  [422, new PasswordRefused({ detail, reason: "common" })],
  [404, new WebhookNotFound({ detail, id: 7 })],
  [409, new TooManyWebhooks({ detail, webhooksMax: 10 })],
  [410, new CursorGone({ detail, cursor: EventCursor.make("7") })],
  [422, new WebhookUrlRefused({ detail, url: "http://10.0.0.1/" })]
]

const Wire = Schema.fromJsonString(Schema.toCodecJson(Problems))

const Document = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json))

/** Every error that a call of the API may answer, by its name. */
const declaredErrors = (): ReadonlySet<string | undefined> => {
  const names = new Set<string | undefined>()
  HttpApi.reflect(BerthApi, {
    onGroup: () => {},
    onEndpoint: ({ errors }) => {
      for (const schema of Array.from(errors.values()).flat()) names.add(SchemaAST.resolveIdentifier(schema.ast))
    }
  })
  return names
}

describe("Problem", () => {
  it("covers every error of the API here", () => {
    assert.deepStrictEqual(
      examples.map(([, problem]) => problem._tag).toSorted(),
      Array.from(declaredErrors()).map(String).toSorted()
    )
  })

  it.effect("travels as a problem document that names type, title, status and detail", () =>
    Effect.gen(function*() {
      const titles = new Set<unknown>()
      for (const [status, problem] of examples) {
        const document = yield* Effect.flatMap(Schema.encodeEffect(Wire)(problem), Schema.decodeEffect(Document))
        assert.strictEqual(document["_tag"], problem._tag)
        assert.strictEqual(document["type"], `urn:berth:problem:${problem._tag}`)
        assert.strictEqual(document["status"], status, problem._tag)
        assert.strictEqual(document["detail"], detail)
        titles.add(document["title"])
      }
      assert.isFalse(titles.has(undefined) || titles.has(""))
      assert.strictEqual(titles.size, examples.length, "a title of its own for each")
    }))

  it.effect("comes back as the error that it was, with all its data", () =>
    Effect.gen(function*() {
      for (const [, problem] of examples) {
        const returned = yield* Effect.flatMap(Schema.encodeEffect(Wire)(problem), Schema.decodeEffect(Wire))
        assert.strictEqual(returned.constructor, problem.constructor)
        assert.deepStrictEqual<unknown>({ ...returned }, { ...problem })
        assert.strictEqual(returned.message, detail)
      }
    }))

  it.effect("is caught by its tag", () =>
    Effect.gen(function*() {
      const caught = yield* Effect.fail(new BookingNotFound({ detail, pnr })).pipe(
        Effect.catchTag("BookingNotFound", (problem) => Effect.succeed(problem.pnr))
      )
      assert.strictEqual(caught, pnr)
    }))
})
