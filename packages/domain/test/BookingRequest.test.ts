import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { BookingRequest, passengersPerBookingMax } from "../src/BookingRequest.ts"
import { flawsOf, notTaken } from "./Decoding.ts"

const decode = Schema.decodeUnknownSync(BookingRequest)

const request = {
  trainId: "12345",
  date: "2026-12-05",
  userId: "user_789",
  travelClass: "SL",
  quota: "GENERAL",
  passengers: [
    { name: "Example", berth: "LB", age: 18 },
    { name: "Another", berth: "LB", age: 18 }
  ]
}

const flawsWith = (changes: object) => flawsOf(BookingRequest, { ...request, ...changes })

const flawsOfPassenger = (changes: object) => flawsWith({ passengers: [{ name: "Example", age: 18, ...changes }] })

describe("BookingRequest", () => {
  it("takes train, day, person, class, quota and passengers", () => {
    assert.deepStrictEqual<unknown>(decode(request), { ...request, quota: "GN" })
  })

  it("asks for the general quota where none is named, and for nothing else unasked", () => {
    const { quota: _quota, userId: _userId, ...rest } = request
    const least = { ...rest, passengers: [{ name: "Example", age: 18 }] }
    assert.deepStrictEqual<unknown>(decode(least), { ...least, quota: "GN" })
  })

  it("takes everything that may be said", () => {
    const most = {
      ...request,
      quota: "TQ",
      from: "HWH",
      to: "GHY",
      passengers: [{ name: "Example", age: 18, gender: "F", berth: "SU" }],
      conditions: { onlyIfConfirmed: true, sameCoach: true, lowerBerthsMin: 1 },
      payment: "account"
    }
    assert.deepStrictEqual<unknown>(decode(most), most)
  })

  it("takes ages from 0 to 125, in whole years", () => {
    for (const age of [0, 1, 125]) assert.deepStrictEqual(flawsOfPassenger({ age }), {})
    for (const age of [-1, 126, 200]) {
      assert.deepStrictEqual(flawsOfPassenger({ age }), { "passengers.0.age": "Expected a value between 0 and 125" })
    }
    assert.deepStrictEqual(flawsOfPassenger({ age: 1.5 }), { "passengers.0.age": "Expected an integer" })
    for (const age of ["18", null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.deepStrictEqual(Object.keys(flawsOfPassenger({ age })), ["passengers.0.age"])
    }
  })

  it("refuses a party of nobody", () => {
    assert.deepStrictEqual(Object.keys(flawsWith({ passengers: [] })), ["passengers.0"])
    assert.deepStrictEqual(Object.keys(flawsWith({ passengers: undefined })), ["passengers"])
    const { passengers: _passengers, ...nobody } = request
    assert.deepStrictEqual(Object.keys(flawsOf(BookingRequest, nobody)), ["passengers"])
  })

  it("leaves it to the rules how many may travel on one PNR", () => {
    const passengers = Array.from({ length: passengersPerBookingMax + 1 }, () => ({ name: "Example", age: 18 }))
    assert.deepStrictEqual(flawsWith({ passengers }), {})
  })

  it("refuses conditions that no party can meet", () => {
    for (const lowerBerthsMin of [0, passengersPerBookingMax]) {
      assert.deepStrictEqual(flawsWith({ conditions: { lowerBerthsMin } }), {})
    }
    for (const lowerBerthsMin of [-1, passengersPerBookingMax + 1]) {
      assert.deepStrictEqual(flawsWith({ conditions: { lowerBerthsMin } }), {
        "conditions.lowerBerthsMin": "Expected a value between 0 and 6"
      })
    }
    assert.hasAllKeys(flawsWith({ conditions: { sameCoach: "yes", onlyIfConfirmed: 1 } }), [
      "conditions.onlyIfConfirmed",
      "conditions.sameCoach"
    ])
  })

  it("is paid at once or later, in no other way, and says so", () => {
    assert.deepStrictEqual(flawsWith({ payment: "hold" }), {})
    assert.deepStrictEqual(flawsWith({ payment: "barter" }), { payment: "Expected \"account\" | \"hold\"" })
  })

  it("tells every flaw by its path", () => {
    const flaws = flawsOf(BookingRequest, {
      trainId: "12 345",
      date: "2026-02-30",
      userId: "",
      travelClass: "sl",
      quota: "ANY",
      from: "New Delhi",
      to: "",
      passengers: [{ name: "Example", age: 18 }, { name: " ", age: 200, gender: "X", berth: "window" }],
      conditions: { lowerBerthsMin: 7 },
      payment: "barter"
    })
    assert.deepStrictEqual(Object.keys(flaws).toSorted(), [
      "conditions.lowerBerthsMin",
      "date",
      "from",
      "passengers.1.age",
      "passengers.1.berth",
      "passengers.1.gender",
      "passengers.1.name",
      "payment",
      "quota",
      "to",
      "trainId",
      "travelClass",
      "userId"
    ])
  })

  it("keeps nothing that it does not know", () => {
    assert.deepStrictEqual<unknown>(decode({ ...request, seat: "S1-1", pnr: "4512345678" }), {
      ...request,
      quota: "GN"
    })
  })

  it("refuses what is no object", () => {
    for (const value of [null, undefined, [], "12345", 1]) {
      assert.isNotEmpty(Object.keys(flawsOf(BookingRequest, value)))
    }
    assert.isEmpty(notTaken(BookingRequest, [request]))
  })
})
