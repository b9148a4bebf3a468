import { Config, Context, Effect, Layer } from "effect"
import { type IpNetwork, isWithin, parseIp, parseNetwork } from "../IpAddress.ts"

const networks = (...texts: ReadonlyArray<string>): ReadonlyArray<IpNetwork> =>
  texts.flatMap((text) => parseNetwork(text) ?? [])

/** IPv4 as IPv6 maps it, and what is given out of IPv6. */
const routed = networks("::ffff:0:0/96", "2000::/3")

/** Of these what leads to no host of the internet: this machine, private and shared networks, tunnels, examples, groups. */
const special = networks(
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20"
)

/** Whether an address is a host's on the internet. */
export const isPublic = (text: string): boolean => {
  const address = parseIp(text)
  return address !== undefined && routed.some((network) => isWithin(address, network)) &&
    !special.some((network) => isWithin(address, network))
}

/** Name or address of a host, without the brackets of IPv6. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[(.*)\]$/, "$1")

/** Which addresses webhooks may have: those of the internet, or any where a setting says so. */
export class WebhookAddresses extends Context.Service<WebhookAddresses, {
  /** Whether a webhook may be registered; a name is looked up, and looked at again, for each call. */
  isUrlAllowed(url: string): boolean
  isIpAllowed(address: string): boolean
}>()("@berth/engine/events/WebhookAddresses") {
  static readonly layer = Layer.effect(
    WebhookAddresses,
    Effect.gen(function*() {
      const rule = yield* Config.Literals(["refuse", "allow"], "WEBHOOK_PRIVATE_ADDRESSES").pipe(
        Config.withDefault("refuse")
      )
      const isIpAllowed = (address: string) => rule === "allow" || isPublic(address)
      return WebhookAddresses.of({
        isIpAllowed,
        isUrlAllowed: (url) =>
          URL.canParse(url) && (
            rule === "allow" ||
            (url.startsWith("https:") && (parseIp(hostOf(url)) === undefined || isPublic(hostOf(url))))
          )
      })
    })
  )
}
