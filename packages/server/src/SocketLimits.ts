const kibibyte = 1024

/** Largest message that a caller may send: as large as a remote call over HTTP. */
export const frameBytesMax = 256 * kibibyte

/** What a caller may have sent that has not been looked at yet. */
export const inboxBytesMax = 4 * frameBytesMax

/** What a caller may leave unread. Above it, answers wait in their calls, of which a connection has a few at most. */
export const unreadBytesMax = 256 * kibibyte

/** Between two pings; who has not answered one by the time of the next is taken for dead. */
export const heartbeatSeconds = 20

/** How long a peer may take to agree to a close. */
export const farewellMillis = 1_000

export interface SocketLimits {
  /** Sockets that a server keeps open. */
  readonly socketsMax: number
  /** How long answers wait for a caller to read before the caller is dropped, and a stop for the calls under way. */
  readonly patienceMillis: number
  readonly heartbeatMillis: number
}

export const socketLimits: SocketLimits = {
  socketsMax: 1_000,
  patienceMillis: 10_000,
  heartbeatMillis: heartbeatSeconds * 1_000
}
