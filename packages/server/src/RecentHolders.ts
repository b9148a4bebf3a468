import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { UserId } from "@berth/domain/UserId"
import type { Holder, Sessions } from "@berth/engine/accounts/Sessions"
import { Deferred, Effect, Option } from "effect"

/** How long, from when the record was asked; a session that was ended is refused that much later at most. */
const rememberedMillis = 1_000

/** From this age on the record is asked again while what is remembered still answers. */
const refreshMillis = 500

/** Tokens that are remembered; the one that was asked about the longest ago is forgotten first. */
const tokensMax = 10_000

/** With that many readings under way nothing is read ahead, so that bookings do not wait behind it for a connection. */
const readingsAheadMax = 64

type Found = Option.Option<Holder>

interface Kept {
  readonly found: Found
  readonly askedMillis: number
  /** A reading ahead that fails is not repeated: whoever comes after the second asks and waits. */
  readAhead: boolean
}

interface Reading {
  readonly answer: Deferred.Deferred<Found, StoreUnavailable>
  readonly askedMillis: number
}

/**
 * Holders of the tokens in use, each read from the record twice a second at most. A token that is used all the time is
 * read ahead, so that its calls never wait for the record.
 */
export const makeRecentHolders = (sessions: Sessions["Service"]) =>
  Effect.map(Effect.scope, (scope) => {
    const kept = new Map<string, Kept>()
    const readings = new Map<string, Reading>()

    const keep = (hash: string, found: Found, askedMillis: number) => {
      kept.delete(hash)
      kept.set(hash, { found, askedMillis, readAhead: false })
      for (const oldest of kept.keys()) {
        if (kept.size <= tokensMax) break
        kept.delete(oldest)
      }
    }

    // Shared by all who ask meanwhile, so none of them may end it, not even between its first step and its second.
    const read = (hash: string, askedMillis: number) =>
      Effect.uninterruptible(Effect.suspend(() => {
        const reading: Reading = { answer: Deferred.makeUnsafe(), askedMillis }
        readings.set(hash, reading)
        return Effect.onExit(sessions.holder(hash), (exit) => {
          // Not where somebody was forgotten meanwhile: it may have been read before.
          if (readings.get(hash) === reading) {
            readings.delete(hash)
            if (exit._tag === "Success") keep(hash, exit.value, askedMillis)
          }
          return Deferred.done(reading.answer, exit)
        })
      }))

    // An answer that comes late may have been read long before.
    const readOrShare = (hash: string, nowMillis: number): Effect.Effect<Found, StoreUnavailable> => {
      const reading = readings.get(hash)
      return reading === undefined || nowMillis - reading.askedMillis >= rememberedMillis
        ? read(hash, nowMillis)
        : Deferred.await(reading.answer)
    }

    const readAhead = (hash: string, known: Kept, nowMillis: number) => {
      known.readAhead = true
      const reading = Effect.forkIn(Effect.exit(read(hash, nowMillis)), scope, { startImmediately: true })
      return Effect.as(reading, known.found)
    }

    return {
      /** By a clock that never goes back, ms. Looks now, so that what it answers is not to be run again later. */
      get: (hash: string, nowMillis: number): Effect.Effect<Found, StoreUnavailable> => {
        const known = kept.get(hash)
        if (known === undefined || nowMillis - known.askedMillis >= rememberedMillis) {
          return readOrShare(hash, nowMillis)
        }
        const isDue = !known.readAhead && nowMillis - known.askedMillis >= refreshMillis &&
          readings.size < readingsAheadMax && Option.isSome(known.found)
        return isDue ? readAhead(hash, known, nowMillis) : Effect.succeed(known.found)
      },
      /** Asks again about a person. */
      forget: (userId: UserId): void => {
        readings.clear()
        for (const [hash, { found }] of kept) {
          if (Option.isSome(found) && found.value.userId === userId) {
            kept.delete(hash)
          }
        }
      }
    }
  })
