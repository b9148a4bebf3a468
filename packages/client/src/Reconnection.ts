import { Duration, Effect, Stream } from "effect"
import { ConnectionFailed } from "./ConnectionFailed.ts"
import { callPatience, type Patience, scheduleWith } from "./RetryPolicy.ts"

/** A dead connection looks like a train that nobody books, so a stream that is silent for so long is opened anew. */
const silentMillisMax = 60_000

/** An outage that a watcher sits out: a server that is replaced, a network that is away. */
const outagePatience: Patience = { unansweredMax: Number.POSITIVE_INFINITY, waitMillisMax: 10 * 60_000 }

/** When to go on after a failure: what has been seen working is waited for, what never worked is given up soon. */
export const reconnectSchedule = (hasWorked: () => boolean) =>
  scheduleWith(() => hasWorked() ? outagePatience : callPatience)

/**
 * Opens a live stream anew when it breaks, ends or falls silent. What opens it must say first how things stand, so that
 * nothing that happened in between is missed.
 */
export const reconnecting = (url: string) => <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Stream.suspend(() => {
    let hasWorked = false
    return stream.pipe(
      Stream.tap(() =>
        Effect.sync(() => {
          hasWorked = true
        })
      ),
      Stream.timeout(Duration.millis(silentMillisMax)),
      Stream.concat(
        Stream.fail(new ConnectionFailed({ url, reason: "serverFailed", detail: "it ended the stream, or was silent" }))
      ),
      Stream.retry(reconnectSchedule(() => hasWorked))
    )
  })
