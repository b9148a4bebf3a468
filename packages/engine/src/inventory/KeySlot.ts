/** Slots of a Redis Cluster. */
export const slots = 16_384
/** CRC16 as XMODEM has it, which the cluster's specification asks for. */
const polynomial = 0x1021

const crc16 = (bytes: Uint8Array): number => {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x8000 ? (crc << 1) ^ polynomial : crc << 1
    }
    crc &= 0xffff
  }
  return crc
}

/** The slot of a key: of what its first braces hold, where they hold anything. */
export const keySlot = (key: string): number => {
  const tag = /\{([^}]+)\}/.exec(key)?.[1] ?? key
  return crc16(new TextEncoder().encode(tag)) % slots
}
