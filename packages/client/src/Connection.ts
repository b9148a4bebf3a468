import type { Redacted } from "effect"

/** Where Berth is, and as whom to speak to it. */
export interface Connection {
  /** Address of the server, for example `http://127.0.0.1:3000`. */
  readonly url: string
  /** Bearer token. The timetable and what is free can be read without one. */
  readonly token?: Redacted.Redacted
}

/** The address of a path of the server, which may be given with a slash at its end or without. */
export const addressOf = (connection: Connection, path: string): string => connection.url.replace(/\/+$/, "") + path
