import { isIPv4, isIPv6 } from "node:net"

/** An address as a number of 128 bits; one of IPv4 as IPv6 maps it, `::ffff:a.b.c.d`. */
export type IpAddress = bigint

/** Addresses whose first bits are those of the network. */
export interface IpNetwork {
  readonly address: IpAddress
  /** Of 128 bits, how many are the network's. */
  readonly bits: number
}

const mappedV4 = 0xffffn << 32n

const parseV4 = (text: string): bigint => text.split(".").reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)

const groups = (part: string | undefined): ReadonlyArray<string> =>
  part === undefined || part === "" ? [] : part.split(":")

const parseV6 = (text: string): bigint => {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const whole = dotted === null
    ? text
    : `${dotted[1] ?? ""}${(parseV4(dotted[2] ?? "") >> 16n).toString(16)}:${
      (parseV4(dotted[2] ?? "") & 0xffffn).toString(16)
    }`
  const [head = "", tail] = whole.split("::")
  const [left, right] = [groups(head), groups(tail)]
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0")
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}

/** Reads an address, with or without a zone; nothing where it is none. */
export const parseIp = (text: string): IpAddress | undefined => {
  const bare = text.replace(/%.*$/, "")
  if (isIPv4(bare)) {
    return mappedV4 | parseV4(bare)
  }
  return isIPv6(bare) ? parseV6(bare) : undefined
}

/** Reads `10.0.0.0/8`, `fd00::/8`, or an address alone. */
export const parseNetwork = (text: string): IpNetwork | undefined => {
  const [, host = "", length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const address = parseIp(host)
  const offset = isIPv4(host) ? 96 : 0
  const bits = length === undefined ? 128 : offset + Number(length)
  return address === undefined || bits > 128 ? undefined : { address, bits }
}

export const isWithin = (address: IpAddress, network: IpNetwork): boolean => {
  const hostBits = BigInt(128 - network.bits)
  return address >> hostBits === network.address >> hostBits
}

const loopbacks: ReadonlyArray<IpNetwork> = [{ address: 1n, bits: 128 }, {
  address: mappedV4 | (127n << 24n),
  bits: 104
}]

/** Whether it is this machine's own. */
export const isLoopbackIp = (address: IpAddress): boolean => loopbacks.some((network) => isWithin(address, network))

/** Names who is counted as one: an address of IPv4, or a /64 of IPv6, of which a subscriber has all addresses. */
export const subscriberOf = (address: IpAddress): string =>
  address >> 32n === 0xffffn ? `v4-${(address & 0xffffffffn).toString(16)}` : `v6-${(address >> 64n).toString(16)}`
