import { Effect } from "effect"
import { idsOf, nameCharactersMax, notInStationCode, shortened } from "./FeedIds.ts"
import { stopsTable } from "./FeedSchema.ts"
import { type FeedReading, readTable } from "./FeedTable.ts"
import type { Coordinates } from "./RouteMetres.ts"

export interface FeedStation {
  readonly code: string
  readonly name: string
  readonly place: Coordinates | undefined
}

/** The stops of a feed by index; those of one station share the station. */
export interface FeedStops {
  readonly indexOf: (stopId: string) => number | undefined
  readonly placeOf: (stop: number) => Coordinates | undefined
  readonly stationOf: (stop: number) => FeedStation
  readonly stations: ReadonlyArray<FeedStation>
}

interface Stop {
  readonly id: string
  readonly line: number
  readonly name: string
  readonly place: Coordinates | undefined
  readonly parent: string | undefined
}

/** Boarding area, platform, station: a longer chain of parents is a circle. */
const parentsMax = 3

export const readStops = Effect.fnUntraced(function*(reading: FeedReading) {
  const { log } = reading
  const stops: Array<Stop> = []
  const indexes = new Map<string, number>()
  yield* readTable(reading, stopsTable, (row, line) => {
    if (indexes.has(row.stop_id)) {
      return log.add(stopsTable.file, line, "stop_id", `${JSON.stringify(row.stop_id)} stands twice in this file`)
    }
    const { stop_lat: latitude, stop_lon: longitude } = row
    indexes.set(row.stop_id, stops.length)
    stops.push({
      id: row.stop_id,
      line,
      name: row.stop_name ?? row.stop_id,
      // Nought, nought lies in the sea: publishers write it for unknown.
      place: latitude === undefined || longitude === undefined || (latitude === 0 && longitude === 0)
        ? undefined
        : { latitude, longitude },
      parent: row.parent_station
    })
  })

  const roots = stops.map((stop) => {
    let root = stop
    for (let climbed = 0; root.parent !== undefined; climbed++) {
      const parent = stops[indexes.get(root.parent) ?? -1]
      if (parent === undefined || climbed === parentsMax) {
        const problem = parent === undefined ? "is not in this file" : "leads round in a circle"
        log.add(stopsTable.file, stop.line, "parent_station", `${JSON.stringify(root.parent)} ${problem}`)
        break
      }
      root = parent
    }
    return root
  })
  yield* log.failIfFull

  const names = Array.from(new Set(roots), ({ id }) => ({ key: id, name: id }))
  const codes = idsOf(names, notInStationCode)
  const stations = new Map(names.map(({ key }) => {
    const root = stops[indexes.get(key) ?? -1]
    const station: FeedStation = {
      code: codes.get(key) ?? key,
      name: shortened(root?.name ?? key, nameCharactersMax),
      place: root?.place
    }
    return [key, station] as const
  }))
  const byStop = roots.map(({ id }) => stations.get(id))
  const stationOf = (stop: number): FeedStation => {
    const station = byStop[stop]
    if (station === undefined) throw new RangeError(`no stop has index ${stop}`)
    return station
  }
  const feedStops: FeedStops = {
    indexOf: (stopId) => indexes.get(stopId),
    placeOf: (stop) => stops[stop]?.place ?? stationOf(stop).place,
    stationOf,
    stations: Array.from(stations.values())
  }
  return feedStops
})
