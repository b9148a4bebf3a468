/**
 * Imported by the mains for Node, before anything else. V8 notes which places in the code make objects that outlive their
 * first collections, as those of a request that waits for a store do, and from then on makes them in the old part of the heap,
 * which is looked at every few seconds only. Dead there, they keep all that came and went with them: collections of the young
 * part then take 15 ms instead of 1 (docs/decisions/0017).
 */
import { setFlagsFromString } from "node:v8"

setFlagsFromString("--no-allocation-site-pretenuring")
