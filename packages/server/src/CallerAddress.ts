import { Effect, Option } from "effect"
import { HttpServerRequest } from "effect/http"
import { isIPv6 } from "node:net"

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** Groups of an IPv6 address that a provider gives to one customer. */
const customerGroups = 4

/** The part of a network's address that belongs to one caller: an IPv4 address, or the first 64 bits of an IPv6 one. */
export const networkOf = (address: string): string => {
  const [, v4] = mapped.exec(address) ?? []
  if (v4 !== undefined || !isIPv6(address)) {
    return v4 ?? address
  }
  const [head = "", tail] = address.replace(/%.*$/, "").split("::")
  const before = head.split(":").filter((group) => group !== "")
  const after = (tail ?? "").split(":").filter((group) => group !== "")
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0")
  const groups = [...before, ...zeros, ...after].slice(0, customerGroups)
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")
}

/** Where the call comes from; none where the runtime does not tell. */
export const callerAddress = Effect.map(
  HttpServerRequest.HttpServerRequest,
  ({ remoteAddress }) => Option.getOrUndefined(Option.map(remoteAddress, networkOf))
)
