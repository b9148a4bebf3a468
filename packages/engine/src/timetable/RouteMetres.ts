export interface Coordinates {
  readonly latitude: number
  readonly longitude: number
}

const earthRadiusMetres = 6_371_000
const radians = (degrees: number): number => degrees * Math.PI / 180

/** Great-circle distance (haversine). */
export const metresBetween = (a: Coordinates, b: Coordinates): number => {
  const north = radians(b.latitude - a.latitude)
  const east = radians(b.longitude - a.longitude)
  const chord = Math.sin(north / 2) ** 2 +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(east / 2) ** 2
  return 2 * earthRadiusMetres * Math.asin(Math.min(1, Math.sqrt(chord)))
}

/** Metres from the first stop along straight lines. A stop of unknown place adds nothing. */
export const straightMetres = (stops: ReadonlyArray<Coordinates | undefined>): Array<number> => {
  let metres = 0
  let last: Coordinates | undefined
  return stops.map((stop) => {
    if (stop !== undefined) {
      if (last !== undefined) metres += metresBetween(last, stop)
      last = stop
    }
    return metres
  })
}

/** Distances of a trip from its first stop in the feed's unit, or undefined if they are incomplete or go back. */
export const statedDistances = (distances: ReadonlyArray<number | undefined>): Array<number> | undefined => {
  const origin = distances[0] ?? 0
  const stated: Array<number> = []
  for (const [index, distance] of distances.entries()) {
    // Many feeds leave the first distance empty for nought.
    const value = distance ?? (index === 0 ? 0 : undefined)
    if (value === undefined || value - origin < (stated.at(-1) ?? 0)) return undefined
    stated.push(value - origin)
  }
  return (stated.at(-1) ?? 0) > 0 ? stated : undefined
}

export type DistanceUnit = "kilometres" | "metres" | "unknown"

/** Lines wind, and coordinates are rough; between kilometres and metres lies a factor of a thousand all the same. */
const detourFactorMax = 4

/**
 * The unit of a feed's distances, which GTFS leaves open: the one in which most trips are about as long as the straight
 * lines between their stops.
 */
export const distanceUnit = (
  trips: Iterable<{ readonly stated: number; readonly straightMetres: number }>
): DistanceUnit => {
  const ratios = Array.from(trips, (trip) => trip.straightMetres / trip.stated)
    .filter((ratio) => ratio > 0 && Number.isFinite(ratio))
    .toSorted((a, b) => a - b)
  const median = ratios[Math.floor(ratios.length / 2)]
  if (median === undefined) return "unknown"
  const isNear = (metres: number): boolean => median / metres <= detourFactorMax && metres / median <= detourFactorMax
  return isNear(1000) ? "kilometres" : isNear(1) ? "metres" : "unknown"
}

export const metresPerUnit = { kilometres: 1000, metres: 1 } as const
