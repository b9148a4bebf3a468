import { Context, Effect, Layer } from "effect"

/** Addresses that are known, half a kilobyte each; the one that was learnt the longest ago is forgotten first. */
const enquiriesMax = 10_000

/** Longer ones than any enquiry that a program writes are not kept. */
const urlLengthMax = 256

/** What is asked at an address, decoded. */
export interface Enquiry {
  /** The pattern of its path, for the figures. */
  readonly route: string
  /** The answer from memory; undefined where a store has to be asked. The same answer is the same object. */
  readonly peek: () => object | undefined
}

/** Enquiries that a route has answered, by their address: what an address means, the route alone decides. */
export class KnownEnquiries extends Context.Service<KnownEnquiries>()("@berth/server/KnownEnquiries", {
  make: Effect.sync(() => {
    const known = new Map<string, Enquiry>()
    return {
      find: (url: string): Enquiry | undefined => known.get(url),
      learn: (url: string, enquiry: Enquiry): void => {
        if (url.length > urlLengthMax || known.has(url)) {
          return
        }
        known.set(url, enquiry)
        for (const oldest of known.keys()) {
          if (known.size <= enquiriesMax) break
          known.delete(oldest)
        }
      }
    }
  })
}) {
  static readonly layer = Layer.effect(KnownEnquiries, KnownEnquiries.make)
}
