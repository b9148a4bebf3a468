import type { LegRange } from "@berth/domain/LegRange"

const bitsOfByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) {
    bits += 1
  }
  return bits
})

/** How many of the bits that `mask` names are set in the bytes. */
export const countBits = (bytes: Uint8Array, mask: number): number => {
  let count = 0
  for (const byte of bytes) {
    count += bitsOfByte[byte & mask] ?? 0
  }
  return count
}

/** By bay, the berths that are taken on at least one leg of the range, from bytes `[bay][leg]`. */
export const takenBays = (taken: Uint8Array, legs: number, { from, to }: LegRange): Uint8Array => {
  const bays = new Uint8Array(Math.floor(taken.length / legs))
  for (let bay = 0; bay < bays.length; bay++) {
    let byte = 0
    for (let leg = bay * legs + from; leg < bay * legs + to; leg++) {
      byte |= taken[leg] ?? 0
    }
    bays[bay] = byte
  }
  return bays
}
