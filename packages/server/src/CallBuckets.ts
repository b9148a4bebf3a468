import type { Deferred } from "effect"

const windowMillis = 60_000

/** Buckets in memory; who was quiet the longest is forgotten first. */
const bucketsMax = 10_000

/** The calls of one person or address, as far as a server knows. */
export interface CallBucket {
  /** Calls left; below none where other servers let through what was not there. */
  calls: number
  countedAtMillis: number
  /** Calls that Redis has not been told of, and those that it is being told of. */
  owed: number
  settling: { readonly calls: number; readonly done: Deferred.Deferred<void> } | undefined
}

/** How long until as many calls are earned. */
export const earnedInMillis = (calls: number, callsPerMinute: number): number => calls * windowMillis / callsPerMinute

/** Buckets of tokens by key; each holds a minute's calls and earns them back evenly. */
export const makeCallBuckets = () => {
  const buckets = new Map<string, CallBucket>()

  /** The bucket as it is at a moment; a full one where there was none. */
  return (key: string, callsPerMinute: number, nowMillis: number): CallBucket => {
    const bucket = buckets.get(key) ?? {
      calls: callsPerMinute,
      countedAtMillis: nowMillis,
      owed: 0,
      settling: undefined
    }
    const earned = Math.max(0, nowMillis - bucket.countedAtMillis) * callsPerMinute / windowMillis
    bucket.calls = Math.min(callsPerMinute, bucket.calls + earned)
    // What was earned back is owed to nobody.
    bucket.owed = Math.min(bucket.owed, callsPerMinute - bucket.calls)
    bucket.countedAtMillis = nowMillis
    // Taken out and put in again, so that the map's order is the order of the last calls.
    buckets.delete(key)
    buckets.set(key, bucket)
    if (buckets.size > bucketsMax) {
      for (const oldest of buckets.keys()) {
        buckets.delete(oldest)
        break
      }
    }
    return bucket
  }
}
