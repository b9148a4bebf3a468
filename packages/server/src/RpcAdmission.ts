import { BerthRpcs } from "@berth/domain/BerthRpcs"
import { InvalidRequest } from "@berth/domain/RequestErrors"
import {
  RpcCheck,
  rpcVersion,
  rpcVersionHeader,
  RpcVersionNotSpoken,
  rpcVersionsSpoken
} from "@berth/domain/RpcVersion"
import { Overloaded } from "@berth/domain/ServiceErrors"
import { Effect, Layer, Result, Schema } from "effect"
import type { Headers } from "effect/http"
import type { RpcMessage, RpcServer } from "effect/rpc"
import { callsPerConnectionMax, type CallsUnderWay } from "./CallsUnderWay.ts"
import { invalidRequest } from "./RequestIssues.ts"

const askedLengthMax = 20

/** What version 1 said in its headers: nothing. */
const firstVersion = "1"

const tooManyCalls = new Overloaded({
  retryAfterSeconds: 1,
  detail: `${callsPerConnectionMax} calls of this connection are under way already. Wait for their answers first.`
})

/** Bounds what one connection has under way. */
export const layer = (calls: CallsUnderWay) =>
  Layer.succeed(RpcCheck, (call, { client, headers }) =>
    Effect.suspend(() =>
      calls.begin(client.id)
        ? Effect.ensuring(call, Effect.sync(() => calls.end(client.id)))
        : refuseCall(headers)
    ))

/** Version 1 has no words for this refusal. */
const refuseCall = (headers: Headers.Headers): Effect.Effect<never, Overloaded> =>
  Number(headers[rpcVersionHeader] ?? firstVersion) < rpcVersion
    ? Effect.die(tooManyCalls.detail)
    : Effect.fail(tooManyCalls)

const encodeRefusal = Schema.encodeSync(Schema.toCodecJson(Schema.Union([InvalidRequest, RpcVersionNotSpoken])))

const refusal = (requestId: string | number, error: InvalidRequest | RpcVersionNotSpoken) => ({
  _tag: "Exit" as const,
  requestId,
  exit: { _tag: "Failure" as const, cause: [{ _tag: "Fail" as const, error: encodeRefusal(error) }] }
})

const versionOf = ({ headers }: RpcMessage.RequestEncoded): string =>
  headers.findLast(([name]) => name.toLowerCase() === rpcVersionHeader)?.[1] ?? firstVersion

const notSpoken = (asked: string) =>
  new RpcVersionNotSpoken({
    asked: asked.slice(0, askedLengthMax),
    spoken: rpcVersionsSpoken,
    detail: `This server speaks the versions ${rpcVersionsSpoken.join(" and ")} of its remote calls. ` +
      "Use a client of one of these."
  })

const decoders = new Map(
  Array.from(BerthRpcs.requests.values(), (rpc) => [
    String(rpc._tag),
    Schema.decodeUnknownResult(Schema.toCodecJson(rpc.payloadSchema), { errors: "all" })
  ])
)

/** What is wrong with the payload of a call, if anything is. */
const flawOf = ({ payload, tag }: { readonly tag: string; readonly payload: unknown }) => {
  const decoded = decoders.get(tag)?.(payload)
  return decoded === undefined || Result.isSuccess(decoded)
    ? undefined
    : invalidRequest("body", decoded.failure.issue)
}

const isDefect = (response: RpcMessage.FromServerEncoded): response is RpcMessage.ResponseExitEncoded =>
  response._tag === "Exit" && response.exit._tag === "Failure"
  && response.exit.cause.every(({ _tag }) => _tag === "Die")

const keyOf = (clientId: number, requestId: string | number) => `${clientId} ${typeof requestId} ${requestId}`

/**
 * A way of calling, with what comes before a call: its version, and the path of each field that is not as it should be.
 * Effect's server knows of the latter only the text of a defect, so a call that it gave back undone is looked at again;
 * that costs those nothing who call rightly.
 */
export const admitting = (protocol: RpcServer.Protocol["Service"]): RpcServer.Protocol["Service"] => {
  // Calls that the server is about to read. It gives back at once what it cannot.
  const reading = new Map<string, { readonly tag: string; readonly payload: unknown }>()

  return {
    ...protocol,
    run: (read) =>
      protocol.run((clientId, message) => {
        if (message._tag !== "Request") {
          return read(clientId, message)
        }
        const version = versionOf(message)
        if (!rpcVersionsSpoken.map(String).includes(version)) {
          return protocol.send(clientId, refusal(message.id, notSpoken(version)))
        }
        if (Number(version) < rpcVersion) {
          return read(clientId, message)
        }
        const key = keyOf(clientId, message.id)
        reading.set(key, { tag: message.tag, payload: message.payload })
        return Effect.ensuring(read(clientId, message), Effect.sync(() => reading.delete(key)))
      }),
    send: (clientId, response, transferables) => {
      if (isDefect(response)) {
        const call = reading.get(keyOf(clientId, response.requestId))
        const flaw = call === undefined ? undefined : flawOf(call)
        if (flaw !== undefined) {
          return protocol.send(clientId, refusal(response.requestId, flaw))
        }
      }
      return protocol.send(clientId, response, transferables)
    }
  }
}
