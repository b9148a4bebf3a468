import { Cause, Effect, Option, Queue, Schema, Semaphore } from "effect"
import { type RpcMessage, RpcSerialization } from "effect/rpc"
import { callsPerConnectionMax } from "./CallsUnderWay.ts"
import { RpcMessageFromCaller } from "./RpcLines.ts"
import { frameBytesMax, inboxBytesMax, type SocketLimits, unreadBytesMax } from "./SocketLimits.ts"

/** Close codes of RFC 6455, 7.4.1, and of its registry. */
export const closeCode = {
  goingAway: 1001,
  notUnderstood: 1007,
  tooMuch: 1008,
  tooBig: 1009,
  failed: 1011,
  tryAgainLater: 1013
}

const unreadLookMillis = 25

/** Calls whose answers have not gone out: those that are worked on, and as many refusals. Above it, no more are looked at. */
export const callsUnansweredMax = 2 * callsPerConnectionMax

/** A WebSocket as a runtime gives it. */
export interface Peer {
  send(text: string): void
  /** Bytes that wait because the peer does not read. */
  unreadBytes(): number
  /** Says why, and ends the connection soon even if the peer does not agree. */
  close(code: number, reason: string): void
  /** Absent where the runtime itself asks whether the peer is alive. */
  ping?(): void
}

export type Write = (message: RpcMessage.FromClientEncoded) => Effect.Effect<void>

/** The lines of remote calls, each a message of its own. */
export const serialization = RpcSerialization.makeNdjson({ maxBufferSize: frameBytesMax })

const decodeMessage = Schema.decodeUnknownOption(RpcMessageFromCaller)

const sizeOf = (data: string | Uint8Array): number => typeof data === "string" ? Buffer.byteLength(data) : data.length

/** What both directions of a socket know of it. */
interface State {
  readonly peer: Peer
  readonly calls: Set<string | number>
  open: boolean
  heard: boolean
}

const drop = (state: State, code: number, reason: string): void => {
  if (state.open) {
    state.open = false
    state.peer.close(code, reason)
  }
}

/** What the peer sends, looked at in order. */
const makeInbox = Effect.fnUntraced(function*(state: State, headers: ReadonlyArray<[string, string]>, write: Write) {
  const inbox = yield* Queue.unbounded<string | Uint8Array>()
  const parse = Option.liftThrowable(serialization.makeUnsafe().decode)
  let waitingBytes = 0

  // Refusals wait like all answers until the caller reads; without end, they would fill the memory.
  const whenAnswered: Effect.Effect<void> = Effect.suspend(() =>
    state.open && state.calls.size >= callsUnansweredMax
      ? Effect.andThen(Effect.sleep(unreadLookMillis), whenAnswered)
      : Effect.void
  )

  const handle = Effect.fnUntraced(function*(value: unknown) {
    const decoded = decodeMessage(value)
    if (Option.isNone(decoded)) {
      return drop(state, closeCode.notUnderstood, "not a message of remote calls")
    }
    const message = decoded.value
    if (message._tag !== "Request") {
      return yield* write(message)
    }
    yield* whenAnswered
    if (state.calls.has(message.id)) {
      return drop(state, closeCode.failed, "an id that another call under way has")
    }
    state.calls.add(message.id)
    yield* write({ ...message, headers: [...headers, ...message.headers] })
  })

  const readNext = Effect.gen(function*() {
    const data = yield* Queue.take(inbox)
    waitingBytes -= sizeOf(data)
    const messages = parse(data)
    if (Option.isNone(messages)) {
      return drop(state, closeCode.notUnderstood, "not lines of JSON")
    }
    yield* Effect.forEach(messages.value, handle, { discard: true })
  })

  const hear = (data: string | Uint8Array): void => {
    if (!state.open) {
      return
    }
    state.heard = true
    const bytes = sizeOf(data)
    waitingBytes += bytes
    if (bytes > frameBytesMax) {
      drop(state, closeCode.tooBig, `more than ${frameBytesMax} bytes`)
    } else if (waitingBytes > inboxBytesMax) {
      drop(state, closeCode.tooMuch, "more was sent than can be looked at")
    } else {
      Queue.offerUnsafe(inbox, data)
    }
  }

  return { hear, read: Effect.repeat(readNext, { while: () => state.open }) }
})

/** What the peer is sent, one after the other, as it reads. */
const makeOutbox = Effect.fnUntraced(function*(state: State, { patienceMillis }: SocketLimits) {
  const { encode } = serialization.makeUnsafe()
  const turn = yield* Semaphore.make(1)
  let waiting = 0

  const isRead = (): boolean => !state.open || state.peer.unreadBytes() <= unreadBytesMax
  const whenRead: Effect.Effect<void> = Effect.suspend(() =>
    isRead() ? Effect.void : Effect.andThen(Effect.sleep(unreadLookMillis), whenRead)
  )
  const whenReadOrDropped = Effect.timeoutOrElse(whenRead, {
    duration: patienceMillis,
    orElse: () => Effect.sync(() => drop(state, closeCode.tooMuch, "what was asked for is not read"))
  })
  const write = (text: ReturnType<typeof encode>): void => {
    if (state.open && typeof text === "string") {
      state.peer.send(text)
    }
  }
  const answered = (response: RpcMessage.FromServerEncoded): void => {
    if (response._tag === "Exit") {
      state.calls.delete(response.requestId)
    }
  }

  return (response: RpcMessage.FromServerEncoded) =>
    Effect.suspend(() => {
      const text = encode(response)
      if (waiting === 0 && isRead()) {
        write(text)
        answered(response)
        return Effect.void
      }
      waiting++
      return Effect.andThen(whenReadOrDropped, Effect.sync(() => write(text))).pipe(
        turn.withPermit,
        Effect.ensuring(Effect.sync(() => {
          waiting--
          answered(response)
        }))
      )
    })
})

/** One open socket. */
export const make = Effect.fnUntraced(function*(peer: Peer, { headers, limits, write }: {
  /** Headers that hold for every call; the call's own come after them. */
  readonly headers: ReadonlyArray<[string, string]>
  readonly limits: SocketLimits
  readonly write: Write
}) {
  const state: State = { peer, calls: new Set(), open: true, heard: true }
  const { hear, read } = yield* makeInbox(state, headers, write)
  const send = yield* makeOutbox(state, limits)

  const beat = Effect.gen(function*() {
    state.heard = false
    peer.ping?.()
    yield* Effect.sleep(limits.heartbeatMillis)
    if (!state.heard && peer.ping !== undefined) {
      drop(state, closeCode.goingAway, "no sign of life")
    }
  })
  const work = Effect.all([read, Effect.repeat(beat, { while: () => state.open })], { concurrency: 2, discard: true })

  return {
    hear,
    send,
    /** Looks at what comes and whether the peer lives. Nobody would after it has ended, so then the socket is closed. */
    work: work.pipe(
      Effect.onError((cause) =>
        Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError("A socket failed unforeseen", cause)
      ),
      Effect.ensuring(Effect.sync(() => drop(state, closeCode.failed, "the calls of this socket cannot go on")))
    ),
    isIdle: (): boolean => !state.open || state.calls.size === 0,
    drop: (code: number, reason: string): void => drop(state, code, reason),
    alive: (): void => {
      state.heard = true
    },
    closed: (): void => {
      state.open = false
    }
  }
})
