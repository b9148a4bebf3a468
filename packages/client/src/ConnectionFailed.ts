import { Schema } from "effect"

const advice = {
  unreachable: "Check the address, and that the server is running.",
  timedOut: "Try again later; a change may still have been made, so look before you repeat it.",
  serverFailed: "Try again later; a change may still have been made, so look before you repeat it.",
  notUnderstood: "Check the address, and that client and server are of the same version."
}

/** No answer of Berth's came back. */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>()("ConnectionFailed", {
  url: Schema.String,
  /**
   * `unreachable`: nobody was spoken to, or the connection broke. `timedOut`: no answer in time. `serverFailed`: an
   * answer that says only that something broke. `notUnderstood`: an answer that is not Berth's, so that asking again
   * is of no use.
   */
  reason: Schema.Literals(["unreachable", "timedOut", "serverFailed", "notUnderstood"]),
  /** What happened, without an end stop. */
  detail: Schema.String,
  /** After how many seconds the server wants to be asked again, if it said so. */
  retryAfterSeconds: Schema.optionalKey(Schema.Int)
}) {
  override get message(): string {
    return `No usable answer from ${this.url}: ${this.detail}. ${advice[this.reason]}`
  }
}
