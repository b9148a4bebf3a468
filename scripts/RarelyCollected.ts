/**
 * For a compiler written in Go, which keeps nearly all that it makes until it ends: looking for garbage whenever its memory
 * has doubled is work for nothing. Above the limit it looks as often as it has to.
 */
export const rarelyCollected = { GOGC: "400", GOMEMLIMIT: "2GiB" }
