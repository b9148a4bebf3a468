import { Schema } from "effect"

/** The server could not listen where it should. */
export class NotListening extends Schema.TaggedError<NotListening>()("NotListening", {
  host: Schema.String,
  port: Schema.Int,
  cause: Schema.Defect()
}) {
  override get message(): string {
    const why = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return `Cannot listen on ${this.host}:${this.port}: ${why}. Set HOST or PORT to an address that is free.`
  }
}
