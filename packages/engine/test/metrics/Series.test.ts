import { counters, histogram, note, readCounter, readGauge, timed } from "@berth/engine/metrics/Series"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"

const lines = (name: string) =>
  Effect.map(
    PrometheusMetrics.format(),
    (text) => text.split("\n").filter((line) => line.startsWith(name)).toSorted()
  )

describe("series", () => {
  it.effect("are shown as zero before anything has happened", () =>
    Effect.gen(function*() {
      const outcomes = counters("test_zero_total", "Test", ["of", "outcome"])
      outcomes("booking", "late")
      assert.deepEqual(yield* lines("test_zero"), [`test_zero_total{of="booking",outcome="late"} 0`])
    }))

  it.effect("are told apart by their labels, and each is one", () =>
    Effect.gen(function*() {
      const outcomes = counters("test_apart_total", "Test", ["outcome"])
      note(outcomes("late"), 1)
      note(outcomes("taken"), 2)
      note(outcomes("late"), 3)
      assert.strictEqual(outcomes("late"), outcomes("late"))
      assert.deepEqual(yield* lines("test_apart"), [
        `test_apart_total{outcome="late"} 4`,
        `test_apart_total{outcome="taken"} 2`
      ])
    }))

  it.effect("hold how long an effect took, however it ended", () =>
    Effect.gen(function*() {
      const seconds = timed(histogram("test_seconds", "Test", [1, 5]))
      yield* seconds(TestClock.adjust("2 seconds"))
      yield* Effect.exit(seconds(Effect.andThen(TestClock.adjust("500 millis"), Effect.fail("no"))))
      assert.deepEqual(yield* lines("test_seconds"), [
        `test_seconds_bucket{le="+Inf"} 2`,
        `test_seconds_bucket{le="1"} 1`,
        `test_seconds_bucket{le="5"} 2`,
        "test_seconds_count 2",
        "test_seconds_sum 2.5"
      ])
    }))

  it.effect("are read when they are asked for, the last one of a name", () =>
    Effect.gen(function*() {
      let size = 1
      readGauge("test_read", "Test", () => 100)
      readGauge("test_read", "Test", () => size)
      readCounter("test_counted_total", "Test", () => size)
      size = 7
      assert.deepEqual(yield* lines("test_read"), ["test_read 7"])
      assert.deepEqual(yield* lines("test_counted"), ["test_counted_total 7"])
    }))
})
