import { Availability, SeatMap } from "@berth/domain/Availability"
import { Booking, BookingPage, Cancellation } from "@berth/domain/Booking"
import { BookingEvent } from "@berth/domain/BookingEvent"
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { execFileSync } from "node:child_process"
import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { CompletionScript, LoggedIn, TrainsFound } from "../../src/cli/Documents.ts"
import type { RunningBerth } from "../RunningBerth.ts"
import { callBerth, followBerth, runBerth, temporaryHome } from "./CommandLine.ts"
import * as FailuresTest from "./FailuresTest.ts"
import { actsOnTerminal } from "./TerminalText.ts"
import { berth, bookArgs, callsMillisMax, done, failureOf, json, Traveller } from "./Traveller.ts"

const freeIn = (found: Availability): number => found.classes[0]?.quotas[0]?.free ?? 0

/** What the command line owes whoever runs it, on a Berth with the sample network. */
export const suite = (berthIt: Vitest.MethodsNonLive<RunningBerth>) =>
  berthIt.layer(Traveller.layer)("berth", (it) => {
    it.effect("finds stations and trains, as tables and as documents", () =>
      Effect.gen(function*() {
        assert.match(yield* done(["search", "guwa"]), /^Code +Station\nGHY +Guwahati\n$/)
        const found = yield* json(TrainsFound, ["trains", "howrah", "GHY", "+25"])
        assert.strictEqual(found.from.code, "HWH")
        const text = yield* done(["trains", "HWH", "ghy", found.date])
        for (const { trainId } of found.trains) assert.include(text, `\n${trainId} `)
      }), callsMillisMax)

    it.effect(
      "writes neither colours nor what acts on a terminal into a pipe, and keeps to the width asked for",
      () =>
        Effect.gen(function*() {
          const { env, home } = yield* Traveller
          const outcomes = yield* Effect.forEach(
            [
              ["--help"],
              ["availability", "12345", "+25"],
              ["seats", "12345", "+25", "--class", "3A"]
            ],
            (args) => runBerth(home, args, { env: { ...env, COLUMNS: "60" } }),
            { concurrency: 2 }
          )
          for (const { status, stderr, stdout } of outcomes) {
            assert.strictEqual(status, 0, stderr)
            for (const each of stdout.split("\n")) {
              assert.notMatch(each, actsOnTerminal)
              // Only examples, which are for copying, may be longer.
              if (!each.startsWith("  berth ")) {
                assert.isAtMost([...each].length, 60)
              }
            }
          }
        }),
      callsMillisMax
    )

    it.effect("draws the berths that a booking took, and free again when it is cancelled", () =>
      Effect.gen(function*() {
        const booking = yield* json(Booking, bookArgs("Asha Rao,34,LB,F", "Ravi Rao,71"))
        assert.deepStrictEqual(booking.passengers.map(({ age, gender, name }) => [name, age, gender]), [
          ["Asha Rao", 34, "F"],
          ["Ravi Rao", 71, undefined]
        ])
        const journey = ["12345", booking.date, "--from", "HWH", "--to", "NJP", "--class", "SL"]
        const takenIn = Effect.map(
          json(SeatMap, ["seats", ...journey]),
          ({ seats }) => seats.filter(({ state }) => state === "taken").map(({ seat }) => String(seat))
        )
        const { coach = "", seat = "" } = booking.passengers[0] ?? {}
        assert.include(yield* takenIn, seat)
        assert.include(yield* done(["seats", ...journey, "--coach", coach]), "██")
        const ticket = yield* done(["show", booking.pnr])
        assert.include(ticket, `PNR ${booking.pnr}`)
        assert.include(ticket, "New Jalpaiguri (NJP)")
        const page = yield* json(BookingPage, ["bookings"])
        assert.include(page.bookings.map(({ pnr }) => pnr), booking.pnr)
        const partly = yield* json(Cancellation, ["cancel", booking.pnr, "--passenger", "2"])
        assert.deepStrictEqual(partly.booking.passengers.map(({ status }) => status), ["CONFIRMED", "CANCELLED"])
        assert.include(yield* done(["cancel", booking.pnr]), "Refund: ")
        assert.notInclude(yield* takenIn, seat)
        const again = yield* berth(["cancel", booking.pnr])
        assert.strictEqual(again.status, 4)
      }), callsMillisMax)

    it.effect("books once for one key", () =>
      Effect.gen(function*() {
        const args = [...bookArgs("Meera,30"), "--idempotency-key", crypto.randomUUID()]
        const [first, second] = yield* Effect.all([json(Booking, args), json(Booking, args)], { concurrency: 2 })
        assert.strictEqual(first.pnr, second.pnr)
        const other = yield* berth([...bookArgs("Nobody,30"), ...args.slice(-2), "--json"])
        assert.strictEqual(other.status, 4)
        assert.strictEqual((yield* failureOf(other.stderr)).error._tag, "IdempotencyConflict")
      }), callsMillisMax)

    it.effect("stores a token that the server takes, for its owner's eyes alone", () =>
      Effect.gen(function*() {
        const { token, url } = yield* Traveller
        const home = yield* temporaryHome
        const refused = yield* callBerth(home, ["login", "--server", url], { stdin: "berth_forged\n" })
        assert.strictEqual(refused.status, 5)
        const taken = yield* runBerth(home, ["login", "--server", `${url}/`, "--json"], { stdin: `${token}\n` })
        const { configFile, server } = yield* Schema.decodeEffect(Schema.fromJsonString(LoggedIn))(taken.stdout)
        assert.strictEqual(server, url)
        assert.strictEqual(statSync(configFile).mode & 0o777, 0o600)
      }).pipe(Effect.scoped), callsMillisMax)

    it.effect("uses the instance that runs here where no server was named, and says so", () =>
      Effect.gen(function*() {
        const { token, url } = yield* Traveller
        const home = yield* temporaryHome
        writeFileSync(join(home, "ready.json"), JSON.stringify({ url, tokens: { user: token } }))
        const { status, stderr } = yield* runBerth(home, ["bookings"], { env: { BERTH_DATA_DIR: "." } })
        assert.strictEqual(status, 0, stderr)
        assert.include(stderr, url)
      }).pipe(Effect.scoped), callsMillisMax)

    it.effect(
      "watches a run fill up, line by line or as documents, until it is interrupted",
      () =>
        Effect.gen(function*() {
          const { env, home } = yield* Traveller
          const args = ["watch", "12345", "+24", "--class", "SL", "--quota", "GN"]
          const people = yield* followBerth(home, args, { env })
          const programs = yield* followBerth(home, [...args, "--json"], { env })
          const decode = Schema.decodeEffect(Schema.fromJsonString(Availability))
          const before = yield* Effect.flatMap(programs.next, decode)
          assert.deepStrictEqual(before.classes.map(({ travelClass }) => travelClass), ["SL"])
          assert.match(yield* people.next, new RegExp(`^\\d\\d:\\d\\d:\\d\\d SL GN ${freeIn(before)} of \\d+ free$`))
          yield* done(["book", "12345", before.date, "--class", "SL", "--passenger", "Leela,30"])
          assert.match(yield* people.next, new RegExp(` SL GN ${freeIn(before) - 1} of `))
          assert.strictEqual(freeIn(yield* Effect.flatMap(programs.next, decode)), freeIn(before) - 1)
          assert.strictEqual(yield* people.interrupt, 130)
          assert.strictEqual(yield* programs.interrupt, 130)
        }).pipe(Effect.scoped),
      callsMillisMax
    )

    it.effect(
      "tells what happens to a booking, line by line or as documents, from an event on",
      () =>
        Effect.gen(function*() {
          const { env, home } = yield* Traveller
          const { pnr } = yield* json(Booking, bookArgs("Asha Rao,34", "Ravi Rao,71"))
          const people = yield* followBerth(home, ["events", pnr], { env })
          const decode = Schema.decodeEffect(Schema.fromJsonString(BookingEvent))
          assert.match(yield* people.next, /^\S+Z {2}booked {2}passengers 1, 2$/)
          yield* done(["cancel", pnr, "--passenger", "2"])
          assert.match(yield* people.next, /^\S+Z {2}cancelled {2}passenger 2$/)
          const programs = yield* followBerth(home, ["events", pnr, "--json"], { env })
          const { id } = yield* Effect.flatMap(programs.next, decode)
          const later = yield* followBerth(home, ["events", pnr, "--cursor", id, "--json"], { env })
          assert.deepInclude(yield* Effect.flatMap(later.next, decode), { pnr, kind: "cancelled", passengers: [2] })
          for (const each of [people, programs, later]) assert.strictEqual(yield* each.interrupt, 130)
        }).pipe(Effect.scoped),
      callsMillisMax
    )

    it.effect("prints completions that a shell can read", () =>
      Effect.gen(function*() {
        const home = yield* temporaryHome
        const { script } = yield* json(CompletionScript, ["completions", "bash"])
        const file = join(home, "completions.bash")
        writeFileSync(file, script)
        execFileSync("bash", ["-n", file])
        const others = yield* Effect.forEach(["zsh", "fish"], (shell) => done(["completions", shell]))
        for (const text of [script, ...others]) {
          for (const word of ["availability", "only-if-confirmed", "server"]) assert.include(text, word)
          // What it says of itself: how it is installed.
          assert.match(text, /^# +berth completions (?:bash|zsh|fish) >/m)
        }
      }).pipe(Effect.scoped), callsMillisMax)

    FailuresTest.suite(it)
  })
