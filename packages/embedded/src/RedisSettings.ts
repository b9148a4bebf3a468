/**
 * What Redis is told of small values, so that it keeps a run in compact form: its untouched berths (16 KB a seeded run
 * instead of 66 KB), and the masks of its classes (0.8 KB an untouched run instead of 1.5 KB). Longer hashes than these,
 * holds of a busy run, are looked up by hash, for a compact one is searched from its start.
 */
export const compactForms = {
  "zset-max-listpack-entries": "1024",
  "hash-max-listpack-value": "128",
  "hash-max-listpack-entries": "64"
} as const
