import { Schema } from "effect"
import type { Agent } from "node:http"
import type { Operation } from "../JsonSchema.ts"
import { type Aim, aimed, authorization, headersFor } from "./Aim.ts"
import type { Chance } from "./Chance.ts"
import { exchange, failed, judgeHttp } from "./HttpDoor.ts"
import { brokenJson, nastyTexts } from "./Mutations.ts"
import { excerpt, revealing, type Seen, type Shot } from "./Shot.ts"

const Message = Schema.fromJsonString(Schema.Struct({
  _tag: Schema.String,
  defect: Schema.optionalKey(Schema.Json),
  exit: Schema.optionalKey(Schema.Struct({
    _tag: Schema.String,
    cause: Schema.optionalKey(Schema.Array(Schema.Struct({
      _tag: Schema.String,
      error: Schema.optionalKey(Schema.Struct({ _tag: Schema.String })),
      defect: Schema.optionalKey(Schema.Json)
    })))
  }))
}))
const decodeMessage = Schema.decodeUnknownOption(Message)

/** What Effect's server says of a message that is no call; there is no refusal for it in any version. */
const notACall = /^(?:Unknown request tag|Invalid request id|Duplicate request id|Invalid|Expected|Missing key)/

/** Judges one line of an answer. */
export const judgeRpc = (text: string): Seen => {
  const decoded = decodeMessage(text.split("\n")[0] ?? "")
  if (decoded._tag === "None") return { outcome: "200 -", text, ...(text === "" ? {} : { fault: "is no message" }) }
  const { _tag, defect, exit } = decoded.value
  if (revealing.test(text)) return { outcome: _tag, text, fault: "tells of the inside" }
  const cause = exit?.cause?.[0]
  const died = cause?._tag === "Die" ? cause.defect : defect
  if (died !== undefined) {
    const said = typeof died === "string" ? died : JSON.stringify(died)
    return { outcome: `${_tag} defect`, text, ...(notACall.test(said) ? {} : { fault: "a fault of the program" }) }
  }
  const refusal = cause?.error?._tag
  if (cause !== undefined && refusal === undefined) return { outcome: _tag, text, fault: "is no problem" }
  return refusal === "StoreUnavailable" || refusal === "InternalError"
    ? { outcome: refusal, text, fault: "a fault of the program" }
    : { outcome: `${_tag} ${refusal ?? ""}`.trim(), text }
}

/** A remote call changed within its payload, its headers or its envelope, as a line. */
export interface Line {
  readonly text: string
  /** Its id, where an answer must name it. */
  readonly id: string | undefined
}

const oddMessage = (request: Readonly<Record<string, Schema.Json>>, chance: Chance): Schema.Json =>
  chance.pick<() => Schema.Json>([
    () => ({ ...request, tag: chance.pick([...nastyTexts.slice(0, 30), "Nothing"]) }),
    () => ({ ...request, id: chance.pick<Schema.Json>([1, -1, 1.5, "", "x", null, {}, 1e300]) }),
    () => ({ ...request, headers: chance.pick<Schema.Json>([null, {}, [1], [["a"]], [["a", 1]], [["\u0000", "\n"]]]) }),
    () => ({ ...request, _tag: chance.pick(["Ack", "Interrupt", "Ping", "Eof", "Exit", "Chunk", "Defect", "x"]) }),
    () => ({ _tag: "Interrupt", requestId: "9" }),
    () => ({ _tag: "Ack", requestId: "9" }),
    () => ({ _tag: "Eof" }),
    () => [request, request],
    () => null,
    () => 1,
    () => "text"
  ])()

export const lineOf = (operation: Operation, aim: Aim, id: string, chance: Chance): Line => {
  const { body } = aimed(operation, aim, chance)
  const token = authorization(operation, aim, chance)
  const request = {
    _tag: "Request",
    id,
    tag: operation.name,
    payload: body ?? null,
    headers: [
      ["berth-rpc-version", chance.is(0.97) ? "2" : chance.pick(["3", "", "-1", "2.0", "x".repeat(500)])],
      ...(token === undefined ? [] : [["authorization", token]])
    ]
  }
  if (chance.is(0.06)) return { text: `${brokenJson(JSON.stringify(request), chance)}\n`, id: undefined }
  if (chance.is(0.08)) return { text: `${JSON.stringify(oddMessage(request, chance))}\n`, id: undefined }
  return { text: `${JSON.stringify(request)}\n`, id }
}

/** A bad remote call over HTTP. */
export const rpcShot = (operation: Operation, aim: Aim, agent: Agent, chance: Chance): Shot => {
  const { text } = lineOf(operation, aim, "1", chance)
  const asked = {
    method: "POST",
    path: "/rpc",
    headers: headersFor(operation, aim, "application/ndjson", chance),
    body: text,
    streams: operation.streams
  }
  return {
    name: `RPC ${operation.name}`,
    sent: excerpt(text),
    send: () =>
      exchange(aim.url, agent, asked).then(
        (answer) => answer.status === 200 ? judgeRpc(answer.text) : judgeHttp(answer, false),
        failed
      )
  }
}
