/**
 * Imported by the mains for Node, before anything else: two settings of V8's heap, both measured (docs/decisions/0017).
 */
import { setFlagsFromString } from "node:v8"

// V8 notes which places in the code make objects that outlive their first collections, as those of a request that waits for
// a store do, and from then on makes them in the old part of the heap, which is looked at rarely. Dead there, they keep all
// that came and went with them: collections of the young part then take 15 ms instead of 1.
setFlagsFromString("--no-allocation-site-pretenuring")

// V8 collects the whole heap again as soon as that takes no more than 3 % of its own thread: every four seconds under load,
// after ten megabytes. What it does not count is the thread beside, which marks for a tenth of a second, and has a half of a
// machine of two processors: bookings that come meanwhile wait. Up to four times what was left is a collection a minute.
setFlagsFromString("--heap-growing-percent=300")
