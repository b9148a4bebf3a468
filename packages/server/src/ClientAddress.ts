import { type IpAddress, type IpNetwork, isWithin, parseIp } from "@berth/engine/IpAddress"

/** Entries of a header that are looked at; no chain of proxies is as long. */
const hopsMax = 20

/** An entry may carry a port: `203.0.113.9:4711`, `[2001:db8::1]:4711`. */
const withoutPort = (entry: string): string =>
  /^\[(.+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(entry)?.[1] ?? entry

/**
 * The address that a call comes from. It is the socket's, unless that is a proxy which is trusted: such a proxy adds the
 * address that it was called from to the end of `X-Forwarded-For`, so the last entry that is no trusted proxy is the
 * client's. What a client writes into the header itself stands before it and is never looked at.
 */
export const clientAddress = (
  socket: string | undefined,
  forwardedFor: string | undefined,
  trusted: ReadonlyArray<IpNetwork>
): IpAddress | undefined => {
  const isTrusted = (address: IpAddress) => trusted.some((network) => isWithin(address, network))
  let address = socket === undefined ? undefined : parseIp(socket)
  const hops = forwardedFor === undefined ? [] : forwardedFor.split(",").slice(-hopsMax)
  while (address !== undefined && isTrusted(address)) {
    const hop = hops.pop()
    const before = hop === undefined ? undefined : parseIp(withoutPort(hop.trim()))
    // Beyond something that is no address nothing is known, so the proxy that passed it on is counted.
    if (before === undefined) {
      return address
    }
    address = before
  }
  return address
}
