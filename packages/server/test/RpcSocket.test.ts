import * as RpcSocket from "@berth/server/RpcSocket"
import { frameBytesMax, inboxBytesMax, socketLimits, unreadBytesMax } from "@berth/server/SocketLimits"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"

const limits = { ...socketLimits, patienceMillis: 50 }
const answerBytes = 50_000

/** A peer that reads nothing until it is told to. */
const makePeer = Effect.gen(function*() {
  const closed = yield* Deferred.make<number>()
  const sent: Array<string> = []
  let unread = 0
  const peer: RpcSocket.Peer = {
    send: (text) => {
      sent.push(text)
      unread += text.length
    },
    unreadBytes: () => unread,
    close: (code) => Deferred.doneUnsafe(closed, Effect.succeed(code))
  }
  const readAll = () => {
    unread = 0
  }
  return { peer, sent, closed: Deferred.await(closed), readAll, unread: () => unread }
})

const answer = (requestId: number) => ({
  _tag: "Exit" as const,
  requestId,
  exit: { _tag: "Success" as const, value: "x".repeat(answerBytes) }
})

describe("a socket", () => {
  it.live("lets answers wait for a peer that does not read, and drops the peer when it never does", () =>
    Effect.gen(function*() {
      const { closed, peer, sent, unread } = yield* makePeer
      const { send } = yield* RpcSocket.make(peer, { headers: [], limits, write: () => Effect.void })
      yield* Effect.forEach(Array.from({ length: 64 }, (_, id) => id), (id) => send(answer(id)), {
        concurrency: "unbounded",
        discard: true
      })
      assert.strictEqual(yield* closed, RpcSocket.closeCode.tooMuch)
      assert.isAtMost(unread(), unreadBytesMax + answerBytes + 100)
      assert.isBelow(sent.length, 64)
    }))

  it.live("sends all answers in their order to a peer that reads late", () =>
    Effect.gen(function*() {
      const { peer, readAll, sent } = yield* makePeer
      const patient = { ...limits, patienceMillis: 10_000 }
      const { send } = yield* RpcSocket.make(peer, { headers: [], limits: patient, write: () => Effect.void })
      const ids = Array.from({ length: 64 }, (_, id) => id)
      const looking = setInterval(readAll, 1)
      yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(looking)))
      yield* Effect.forEach(ids, (id) => send(answer(id)), { concurrency: "unbounded", discard: true })
      assert.deepEqual(sent.map((text) => JSON.parse(text).requestId), ids)
    }))

  it.live("looks at no more calls while the answers of so many wait for a peer that does not read", () =>
    Effect.gen(function*() {
      const { peer } = yield* makePeer
      let looked = 0
      const full = yield* Deferred.make<void>()
      const oneMore = yield* Deferred.make<void>()
      const { hear, send, work } = yield* RpcSocket.make(peer, {
        headers: [],
        limits,
        write: () =>
          Effect.sync(() => {
            looked++
            if (looked === RpcSocket.callsUnansweredMax) Deferred.doneUnsafe(full, Effect.void)
            if (looked === RpcSocket.callsUnansweredMax + 1) Deferred.doneUnsafe(oneMore, Effect.void)
          })
      })
      yield* Effect.forkScoped(work)
      for (let id = 0; id < 10 * RpcSocket.callsUnansweredMax; id++) {
        hear(`${JSON.stringify({ _tag: "Request", id, tag: "Seats", payload: {}, headers: [] })}\n`)
      }
      yield* Deferred.await(full)
      yield* send(answer(0))
      yield* Deferred.await(oneMore)
      assert.strictEqual(looked, RpcSocket.callsUnansweredMax + 1)
    }))

  it.live("drops a peer that sends faster than it can be looked at, or too much at once", () =>
    Effect.gen(function*() {
      const slow = yield* makePeer
      const { hear } = yield* RpcSocket.make(slow.peer, { headers: [], limits, write: () => Effect.never })
      for (let bytes = 0; bytes <= inboxBytesMax; bytes += frameBytesMax) {
        hear(" ".repeat(frameBytesMax))
      }
      assert.strictEqual(yield* slow.closed, RpcSocket.closeCode.tooMuch)

      const large = yield* makePeer
      const socket = yield* RpcSocket.make(large.peer, { headers: [], limits, write: () => Effect.never })
      socket.hear(new Uint8Array(frameBytesMax + 1))
      assert.strictEqual(yield* large.closed, RpcSocket.closeCode.tooBig)
    }))
})
