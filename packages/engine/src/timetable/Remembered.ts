import { type Cache, type Clock, Exit, MutableHashMap, Option } from "effect"

/** What a cache has and may still show; undefined where it would have to be looked up. A plain call, made for each enquiry. */
export const remembered = <Key, A, E>(cache: Cache.Cache<Key, A, E>, key: Key, clock: Clock.Clock): A | undefined => {
  const entry = Option.getOrUndefined(MutableHashMap.get(cache.map, key))
  if (entry === undefined || entry.expiresAt !== undefined && clock.currentTimeMillisUnsafe() >= entry.expiresAt) {
    return undefined
  }
  const exit = entry.fiber.pollUnsafe()
  return exit !== undefined && Exit.isSuccess(exit) ? exit.value : undefined
}
