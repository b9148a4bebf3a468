/** Keeps the untouched berths of a run in compact form: 16 KB for a seeded run instead of 66 KB. */
export const zsetMaxListpackEntries = 1_024
