import { drive } from "../HttpLoad.ts"
import { type Instance, startInstance, withFolder } from "../Instance.ts"
import { cost, type Measurement, rate } from "../Measurement.ts"
import { processorTime } from "../ProcessorTime.ts"

const connections = 64
const warmUpCalls = 4_000
const calls = 20_000

/** Trains of the sample network that run daily and have sleeper berths for all these bookings together. */
const trains = ["12345", "12346", "12615", "12616", "12621", "12622", "12627", "12628", "12723", "12724"]
const daysAhead = 55

const dayFrom = (days: number): string => new Date(Date.now() + (days + 1) * 86_400_000).toISOString().slice(0, 10)

const bookings = (instance: Instance, count: number, days: { readonly first: number; readonly count: number }) =>
  drive({
    url: instance.url,
    connections,
    calls: count,
    request: (n) => ({
      method: "POST",
      path: "/api/bookings",
      headers: { authorization: `Bearer ${instance.adminToken}`, "content-type": "application/json" },
      body: JSON.stringify({
        trainId: trains[n % trains.length],
        date: dayFrom(days.first + Math.floor(n / trains.length) % days.count),
        travelClass: "SL",
        quota: "GENERAL",
        passengers: [{ name: "First Traveller", age: 30 }, { name: "Second Traveller", age: 31 }]
      })
    })
  })

/** Bookings of two passengers over HTTP, each committed, spread over runs, as fast as they are answered. */
export const booking = async (): Promise<ReadonlyArray<Measurement>> =>
  withFolder(async (folder) => {
    const instance = await startInstance(folder)
    try {
      await bookings(instance, warmUpCalls, { first: 0, count: 5 })
      const before = processorTime(instance.processId, folder)
      const result = await bookings(instance, calls, { first: 5, count: daysAhead - 5 })
      const after = processorTime(instance.processId, folder)
      const answers = [...result.statuses].map(([status, count]) => `${count} × ${status}`).join(", ")
      const micros = (part: keyof typeof after) => (after[part] - before[part]) / calls * 1e6
      return [
        rate("bookings of two over HTTP, committed", (result.statuses.get(201) ?? 0) / result.seconds, "bookings/s", {
          aim: 6_000,
          floor: 2_500,
          note: `${connections} connections; ${answers}; ${instance.stores}`
        }),
        cost("latency of a booking at that rate, median", result.quantile(0.5), "ms"),
        cost("latency of a booking at that rate, p99", result.quantile(0.99), "ms"),
        cost("processor time of a booking, server", micros("server"), "µs", {
          note: "with Redis where it is in WebAssembly"
        }),
        cost("processor time of a booking, PostgreSQL", micros("postgresql"), "µs"),
        cost("processor time of a booking, Redis", micros("redis"), "µs", { note: "0 where it is in WebAssembly" })
      ]
    } finally {
      await instance.stop()
    }
  })
