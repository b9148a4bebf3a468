import { RpcAuth } from "@berth/domain/Auth"
import { BookRpc } from "@berth/domain/BerthRpcs"
import { RpcCheck } from "@berth/domain/RpcVersion"
import type { Booked } from "@berth/engine/sale/BookingAttempt"
import { collectsTraces } from "@berth/engine/telemetry/Traced"
import { Cause, Effect, Exit, Fiber, Schema } from "effect"
import type { RpcMessage, RpcServer } from "effect/rpc"
import type { CallsUnderWay } from "./CallsUnderWay.ts"
import { makeSell } from "./SaleRoute.ts"
import { makeTurns } from "./Turns.ts"

type Request = RpcMessage.RequestEncoded
type Protocol = RpcServer.Protocol["Service"]

const decodeSound = Schema.decodeUnknownExit(BookRpc.payloadSchema)

const authorizationOf = ({ headers }: Request): string | undefined =>
  headers.findLast(([name]) => name.toLowerCase() === "authorization")?.[1]

const succeeded = (requestId: Request["id"], { booking }: Booked): RpcMessage.ResponseExitEncoded => ({
  _tag: "Exit",
  requestId,
  // A booking is what its schema encodes it to.
  exit: { _tag: "Success", value: booking }
})

const encodeError = Schema.encodeSync(
  Schema.toCodecJson(Schema.Union([BookRpc.errorSchema, RpcAuth.error, RpcCheck.error]))
)
const encodeDefect = Schema.encodeSync(Schema.toCodecJson(Schema.Defect()))

type SaleError = Parameters<typeof encodeError>[0]

const encodeReason = (reason: Cause.Reason<SaleError>) => {
  switch (reason._tag) {
    case "Fail":
      return { _tag: "Fail", error: encodeError(reason.error) } as const
    case "Die":
      return { _tag: "Die", defect: encodeDefect(reason.defect) } as const
    case "Interrupt":
      return { _tag: "Interrupt", fiberId: reason.fiberId } as const
  }
}

const failed = (requestId: Request["id"], cause: Cause.Cause<SaleError>): RpcMessage.ResponseExitEncoded => ({
  _tag: "Exit",
  requestId,
  exit: { _tag: "Failure", cause: cause.reasons.map(encodeReason) }
})

/**
 * Remote calls that sell, beside Effect's server of remote calls: its way of a call, through a copy of every service that
 * there is, was measured to cost half of what the whole sale takes of a server. It sells what can be read and finds room;
 * whatever is out of the common is Effect's to answer. Only for connections that stay open: where a caller sends all
 * its calls and waits, as over HTTP, Effect's server ends the answer once it has no call of theirs left.
 */
export const selling = Effect.fnUntraced(function*(protocol: Protocol, calls: CallsUnderWay) {
  const sell = yield* makeSell
  const scope = yield* Effect.scope
  const services = yield* Effect.context<never>()
  const turns = yield* makeTurns
  const isTraced = yield* collectsTraces

  const answer = (clientId: number, requestId: Request["id"], exit: Exit.Exit<Booked, SaleError>) => {
    if (Exit.isSuccess(exit)) {
      return protocol.send(clientId, succeeded(requestId, exit.value))
    }
    const told = protocol.send(clientId, failed(requestId, exit.cause))
    return Cause.hasDies(exit.cause)
      ? Effect.andThen(Effect.logError("A sale failed unforeseen", exit.cause), told)
      : told
  }

  /** False where the call is not one that can be sold at once. */
  const take = (clientId: number, message: Request): boolean => {
    const payload = decodeSound(message.payload)
    if (Exit.isFailure(payload) || !calls.begin(clientId)) {
      return false
    }
    const { idempotencyKey, request } = payload.value
    const sale = sell(
      { authorization: authorizationOf(message), "idempotency-key": idempotencyKey },
      Effect.succeed(request)
    )
    const sold = Effect.flatMap(Effect.exit(sale), (exit) => {
      calls.end(clientId)
      return answer(clientId, message.id, exit)
    })
    turns.take(() => Fiber.runIn(Effect.runForkWith(services)(sold), scope))
    return true
  }

  return {
    ...protocol,
    run: (read) =>
      protocol.run((clientId, message) =>
        message._tag === "Request" && message.tag === BookRpc._tag && !isTraced && take(clientId, message)
          ? Effect.void
          : read(clientId, message)
      )
  } satisfies Protocol
})
