import { Schema } from "effect"
import { exitStatus } from "./ExitStatus.ts"

/** A value that was typed is not what it may be. */
export class WrongValue extends Schema.TaggedError<WrongValue>()("WrongValue", {
  /** What was typed where, for example `--passenger "Asha"`. */
  given: Schema.String,
  /** What is allowed, as a sentence. */
  expected: Schema.String
}) {
  readonly exitStatus = exitStatus.usage
  override get message(): string {
    return `${this.given} cannot be used. ${this.expected}`
  }
}

/** No station has such a code or name. */
export class StationUnknown extends Schema.TaggedError<StationUnknown>()("StationUnknown", { text: Schema.String }) {
  readonly exitStatus = exitStatus.notFound
  readonly hint = "berth search NAME finds stations by a part of their name."
  override get message(): string {
    return `No station has "${this.text}" as its code or in its name.`
  }
}

/** Nobody said which server to ask. */
export class NoServer extends Schema.TaggedError<NoServer>()("NoServer", {}) {
  readonly exitStatus = exitStatus.usage
  override get message(): string {
    return "No server is known. Start one with npm start in Berth's folder, or name one with --server, BERTH_URL or berth login."
  }
}

/** No token was given to log in with. */
export class NoToken extends Schema.TaggedError<NoToken>()("NoToken", {}) {
  readonly exitStatus = exitStatus.usage
  override get message(): string {
    return "No token came. Type or pipe one line into berth login; npm run token makes one."
  }
}

/** The file of settings cannot be read or written. */
export class ConfigUnusable extends Schema.TaggedError<ConfigUnusable>()("ConfigUnusable", {
  path: Schema.String,
  problem: Schema.String
}) {
  readonly exitStatus = exitStatus.usage
  override get message(): string {
    return `${this.path} cannot be used: ${this.problem}. Mend or remove it; berth login writes it anew.`
  }
}

/** No usable answer came to a booking, and it may have been made. */
export class BookingUnsure extends Schema.TaggedError<BookingUnsure>()("BookingUnsure", {
  problem: Schema.String,
  key: Schema.String,
  exitStatus: Schema.Int
}) {
  override get message(): string {
    return this.problem
  }
  get hint(): string {
    return `If it was booked, the same command with --idempotency-key ${this.key} gives that booking; if not, it books.`
  }
}

/** The server does not know the token that was to be stored. */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", { server: Schema.String }) {
  readonly exitStatus = exitStatus.unauthorized
  override get message(): string {
    return `${this.server} does not take this token, so nothing was stored. Check it, or have a new one made.`
  }
}
