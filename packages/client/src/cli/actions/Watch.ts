import { Availability } from "@berth/domain/Availability"
import { printableJson } from "@berth/domain/PrintableText"
import type { Quota } from "@berth/domain/Quota"
import type { TravelClass } from "@berth/domain/TravelClass"
import { Duration, Effect, type Option, Schedule, Schema, Stream } from "effect"
import type { RunJourney } from "../../BookingCalls.ts"
import type { BookingClient } from "../../BookingClient.ts"
import { exitStatus, exitStatusOf } from "../ExitStatus.ts"
import { Invocation } from "../Invocation.ts"
import { line } from "../Line.ts"
import { withProgress } from "../Progress.ts"
import { inQuotaOrder } from "../QuotaOrder.ts"
import { type OutputClosed, say, Screen } from "../Screen.ts"
import { liveClient } from "../Session.ts"
import { endsOf } from "../StationChoice.ts"
import { maybeQuotaOf, trainIdOf } from "../Typed.ts"
import { runDay } from "../WantedDay.ts"
import type { Pool, Sight } from "../WatchFrame.ts"
import { clockNow, makeView } from "../WatchView.ts"
import { type JourneyInput, onlyClass } from "./Availability.ts"

/** Between two attempts to find a server again that was there before. */
const reconnectMillis = 2_000

const again = Schedule.jittered(Schedule.spaced(Duration.millis(reconnectMillis))).pipe(
  Schedule.setInputType<unknown>(),
  Schedule.while(({ input: error }) => exitStatusOf(error) === exitStatus.unavailable)
)

const keyOf = (travelClass: string, quota: string): string => `${travelClass} ${quota}`

/** Berths for sale of each class and quota; the availability says only how many are free. */
const totalsOf = Effect.fnUntraced(
  function*(client: BookingClient["Service"], journey: RunJourney, first: Availability) {
    const maps = yield* Effect.forEach(
      first.classes,
      ({ travelClass }) => client.seats({ ...journey, travelClass }),
      { concurrency: 2 }
    )
    const totals = new Map<string, number>()
    for (const { seats, travelClass } of maps) {
      for (const { quota } of seats) {
        totals.set(keyOf(travelClass, quota), (totals.get(keyOf(travelClass, quota)) ?? 0) + 1)
      }
    }
    return totals
  }
)

const poolsOf = (
  now: Availability,
  totals: ReadonlyMap<string, number>,
  before: ReadonlyArray<Pool>
): ReadonlyArray<Pool> =>
  now.classes.flatMap(({ quotas, travelClass }) =>
    inQuotaOrder(quotas).map(({ free, quota }) => {
      const old = before.find((pool) => pool.travelClass === travelClass && pool.quota === quota)
      const start = old === undefined ? free : old.free - old.change
      // Seats may be added while one looks on.
      const total = Math.max(free, old?.total ?? totals.get(keyOf(travelClass, quota)) ?? free)
      return { travelClass, quota, free, total, change: free - start }
    })
  )

const isSamePools = (one: ReadonlyArray<Pool>, other: ReadonlyArray<Pool>): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

const encode = Schema.encodeEffect(Availability)

const onlyQuota = (found: Availability, quota: Quota | undefined): Availability =>
  quota === undefined
    ? found
    : {
      ...found,
      classes: found.classes.map((each) => ({ ...each, quotas: each.quotas.filter((one) => one.quota === quota) }))
        .filter(({ quotas }) => quotas.length > 0)
    }

interface WatchInput extends JourneyInput {
  readonly travelClass: Option.Option<TravelClass>
  readonly quota: Option.Option<string>
}

/** The availability as it changes, of the class and quota that were asked for. */
const changes = Effect.fnUntraced(function*(client: BookingClient["Service"], input: WatchInput) {
  const trainId = yield* trainIdOf(input.trainId)
  const quota = yield* maybeQuotaOf(input.quota)
  const [journey, first] = yield* withProgress("Looking at the train")(Effect.gen(function*() {
    const date = yield* runDay(client, trainId, input.date)
    const asked: RunJourney = { trainId, date, ...(yield* endsOf(client, input)) }
    return [
      asked,
      yield* Effect.flatMap(client.availability(asked), (found) => onlyClass(found, input.travelClass))
    ] as const
  }))
  const stream = client.watchAvailability(journey).pipe(
    Stream.mapEffect((found) => onlyClass(found, input.travelClass)),
    Stream.map((found) => onlyQuota(found, quota))
  )
  return { first: onlyQuota(first, quota), journey, stream }
})

/** What is done with what a watch sees: `lost` is told once, when nothing comes any more, since when and why. */
interface Watcher {
  readonly show: (found: Availability) => Effect.Effect<void, OutputClosed | Schema.SchemaError>
  readonly lost: (since: string, why: string) => Effect.Effect<void, OutputClosed>
}

/** For programs: a document a line, whenever what was asked for has changed. */
const documents = (screen: Screen["Service"]): Watcher => {
  let last = ""
  return {
    show: Effect.fnUntraced(function*(found) {
      const document = printableJson(JSON.stringify(yield* encode(found)))
      if (document === last) return
      last = document
      yield* screen.out.write(`${document}\n`)
    }),
    lost: (since, why) =>
      say(line(`no answer since ${since}, trying again: ${why}`))
        .pipe(Effect.provideService(Screen, screen))
  }
}

/** For people: bars on a terminal, lines elsewhere. */
const pictures = Effect.fnUntraced(function*(totals: ReadonlyMap<string, number>, first: Availability) {
  const view = yield* makeView
  let last: Sight = { run: first, pools: poolsOf(first, totals, []), clock: yield* clockNow }
  yield* view.sight(last, [])
  const watcher: Watcher = {
    show: Effect.fnUntraced(function*(found) {
      const before = last.pools
      const pools = poolsOf(found, totals, before)
      const clock = isSamePools(pools, before) ? last.clock : yield* clockNow
      last = { run: found, pools, clock }
      yield* view.sight(last, before)
    }),
    lost: (since, why) => view.lost({ ...last, clock: since, lost: why })
  }
  return watcher
})

/** Follows the stream for as long as the server is there or may come back. */
const follow = <E, R>(stream: Stream.Stream<Availability, E, R>, { lost, show }: Watcher) => {
  let since: string | undefined
  const seen = Stream.runForEach(stream, (found) => {
    since = undefined
    return show(found)
  })
  const told = Effect.fnUntraced(function*(error: unknown) {
    if (since !== undefined || exitStatusOf(error) !== exitStatus.unavailable) return
    since = yield* clockNow
    yield* lost(since, error instanceof Error ? error.message : String(error))
  })
  return seen.pipe(Effect.tapError(told), Effect.retry(again))
}

/** Shows a run fill up until it is interrupted; whoever watches keeps watching while the server is away. */
export const run = Effect.fnUntraced(function*(input: WatchInput) {
  const { json } = yield* Invocation
  const screen = yield* Screen
  const client = yield* liveClient
  const { first, journey, stream } = yield* changes(client, input)
  const watcher = json ? documents(screen) : yield* pictures(yield* totalsOf(client, journey, first), first)
  return yield* follow(stream, watcher)
}, Effect.scoped)
