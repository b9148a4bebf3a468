import type { BookingRequest } from "@berth/domain/BookingRequest"
import type { Pnr } from "@berth/domain/Pnr"
import type { UserId } from "@berth/domain/UserId"
import { hash as digest } from "node:crypto"

const hash = (...parts: ReadonlyArray<string>): string =>
  digest("sha256", JSON.stringify(parts), "base64url").slice(0, 22)

/** Names the one booking that a user's key may have: 132 bits, the same on every server. */
export const keyHashOf = (userId: UserId, key: string): string => hash(userId, key)

/** The same for a booking whose caller gave no key: its PNR is one that nobody has used. As long as a hash, and not one. */
export const keyHashOfPnr = (pnr: Pnr): string => `without-key-${pnr}`

/** The fingerprint of a booking that cannot come again. */
export const noFingerprint = "-"

/** Tells whether the same key comes with the same wish. */
export const fingerprintOf = (request: BookingRequest): string => {
  const { conditions, date, from, passengers, payment, quota, to, trainId, travelClass } = request
  return hash(JSON.stringify([
    trainId,
    date,
    travelClass,
    quota,
    from ?? null,
    to ?? null,
    passengers.map(({ age, berth, gender, name }) => [name, age, gender ?? null, berth ?? null]),
    [conditions?.onlyIfConfirmed ?? false, conditions?.sameCoach ?? false, conditions?.lowerBerthsMin ?? 0],
    ...(payment === "hold" ? [payment] : [])
  ]))
}

/** A hold that was ended cannot come back, so each further attempt at a booking has a hold of its own. */
export const holdIdOf = (keyHash: string, attempt: number): string => `${keyHash}-${attempt}`

/** The key that a hold was made for. */
export const keyHashOfHold = (holdId: string): string => holdId.slice(0, holdId.lastIndexOf("-"))

/** The key under which a party is seated again whose money came after its hold had expired. */
export const keyHashOfLate = (gatewayId: string): string => `late-${gatewayId}`
