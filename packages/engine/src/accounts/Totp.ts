import { createHmac, timingSafeEqual } from "node:crypto"

/** Seconds for which a code is shown (RFC 6238, X). */
export const stepSeconds = 30

/** Steps before and after the present one whose codes are taken, for clocks that are off (RFC 6238, 5.2 and 6). */
const stepsOff = 1

/** Bytes of a secret: as many as the hash has (RFC 4226, 4, R6). */
export const totpSecretBytes = 20

const codeDigits = 6
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/** Base32 without padding (RFC 4648, 6), as authenticators take it. */
export const base32 = (bytes: Uint8Array): string => {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("")
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups.map((group) => alphabet[Number.parseInt(group.padEnd(5, "0"), 2)]).join("")
}

/** The code of a step (RFC 4226, 5.3; SHA-1, because that is what every authenticator knows). */
export const codeOf = (secret: Uint8Array, step: number): string => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac("sha1", secret).update(counter).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** codeDigits).padStart(codeDigits, "0")
}

const same = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** The step whose code was given, after the last one used; none where the code is not valid, or not any more. */
export const stepOfCode = (options: {
  readonly secret: Uint8Array
  readonly code: string
  readonly nowSeconds: number
  readonly lastStep: number
}): number | undefined => {
  const present = Math.floor(options.nowSeconds / stepSeconds)
  for (let step = Math.max(present - stepsOff, options.lastStep + 1); step <= present + stepsOff; step++) {
    if (same(codeOf(options.secret, step), options.code)) {
      return step
    }
  }
  return undefined
}

/** What authenticators read from a QR code. */
export const provisioningUri = (secret: string, accountName: string): string =>
  `otpauth://totp/Berth:${encodeURIComponent(accountName)}?secret=${secret}&issuer=Berth`
