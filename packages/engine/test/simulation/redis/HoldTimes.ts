/** How long Redis keeps berths for a booking that is not committed yet. */
export const holdMillis = 15_000

/** A request for berths that arrives later than this is refused: nobody waits for the answer. */
export const allocateMillisMax = 2_000
