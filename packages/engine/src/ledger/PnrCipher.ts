import { Pnr } from "@berth/domain/Pnr"

/** Eight secret 32-bit numbers, one a round. */
export type PnrKey = ReadonlyArray<number>

/** Serials run from 0 to this, exclusive: every ten-digit number without a leading zero. */
export const pnrSerialLimit = 9_000_000_000

const leftLimit = 90_000
const rightLimit = 100_000

// A mixing function from 32 bits and a key to 32 bits (the finaliser of MurmurHash3, public domain).
const mix = (value: number, key: number): number => {
  let hash = (value ^ key) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * The PNR of a serial: a Feistel network over two unequal halves, each round adding a keyed hash of the one half to the
 * other. A bijection for any key, so no two serials share a PNR, and who knows some PNRs cannot tell the next.
 */
export const pnrOf = (key: PnrKey, serial: number): Pnr => {
  let left = Math.floor(serial / rightLimit)
  let right = serial % rightLimit
  key.forEach((roundKey, round) => {
    if (round % 2 === 0) {
      left = (left + mix(right, roundKey)) % leftLimit
    } else {
      right = (right + mix(left, roundKey)) % rightLimit
    }
  })
  return Pnr.make(String((left + 10_000) * rightLimit + right))
}
