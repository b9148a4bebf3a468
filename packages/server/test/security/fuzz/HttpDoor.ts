import { Schema } from "effect"
import { type Agent, type IncomingMessage, request } from "node:http"
import type { Operation } from "../JsonSchema.ts"
import { type Aim, aimed, headersFor, wireHeaders, wireTarget } from "./Aim.ts"
import type { Chance } from "./Chance.ts"
import { brokenJson } from "./Mutations.ts"
import { answerMillisMax, excerpt, revealing, type Seen, type Shot } from "./Shot.ts"

const Problem = Schema.fromJsonString(
  Schema.Struct({ _tag: Schema.String, status: Schema.Int, detail: Schema.String, type: Schema.String })
)
const decodeProblem = Schema.decodeUnknownOption(Problem)

const ConnectError = Schema.fromJsonString(Schema.Struct({ code: Schema.String }))
const decodeConnectError = Schema.decodeUnknownOption(ConnectError)

/** What an HTTP request was answered with. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  /** Whether the first piece of the answer is enough, as the rest may never come. */
  readonly streams: boolean
}

const readAll = (response: IncomingMessage, streams: boolean): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    const done = () => resolve(Buffer.concat(chunks).toString())
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      if (streams) {
        done()
        response.destroy()
      }
    })
    response.once("end", done).once("error", streams ? done : reject).once("close", done)
  })

/** Sends a request over a connection that is kept; fails where there is no whole answer in time. */
export const exchange = (url: URL, agent: Agent, asked: Asked): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { body, method, path, streams } = asked
    const headers = body === undefined ? asked.headers : { ...asked.headers, "content-length": Buffer.byteLength(body) }
    const call = request({ host: url.hostname, port: url.port, method, path, headers, agent }, (response) => {
      const { headers: { "content-type": type = "" }, statusCode: status = 0 } = response
      readAll(response, streams).then((text) => resolve({ status, type, text }), reject)
    })
    call.setTimeout(answerMillisMax, () => call.destroy(new Error("no answer in time")))
    call.once("error", reject)
    call.end(body)
  })

/** Refusals that say to come again; nothing else in the five hundreds is an answer to a bad request. */
const patient = new Set(["RunPreparing", "Overloaded", "PaymentPending"])

/** What a refusal of HTTP must be. */
export const judgeHttp = ({ status, text, type }: Answer, isHead: boolean): Seen => {
  if (status < 400) return { outcome: String(status), text }
  const problem = decodeProblem(text)
  const tag = problem._tag === "Some" ? problem.value._tag : "-"
  const outcome = `${status} ${tag}`
  if (status >= 500 && !patient.has(tag)) return { outcome, text, fault: "a fault of the program" }
  if (revealing.test(text)) return { outcome, text, fault: "tells of the inside" }
  if (isHead && text === "") return { outcome, text }
  return type === "application/problem+json" && problem._tag === "Some" && problem.value.status === status
    ? { outcome, text }
    : { outcome, text, fault: "is no problem document" }
}

const judgeConnect = (answer: Answer): Seen => {
  const { status, text } = answer
  const decoded = decodeConnectError(text)
  const outcome = `${status} ${decoded._tag === "Some" ? decoded.value.code : "-"}`
  if (status < 400) return { outcome, text }
  if (revealing.test(text)) return { outcome, text, fault: "tells of the inside" }
  if (decoded._tag === "None") {
    // What Connect takes for no call of its own has no body.
    return text === "" && [404, 405, 415, 505].includes(status) ? { outcome, text } : judgeHttp(answer, false)
  }
  const failed = ["internal", "unknown", "data_loss"].includes(decoded.value.code)
  return failed ? { outcome, text, fault: "a fault of the program" } : { outcome, text }
}

export const failed = (error: unknown): Seen => ({
  outcome: "no answer",
  text: String(error),
  fault: "there is no answer"
})

/** A bad request to the HTTP API, or to a Connect call as JSON. */
export const httpShot = (operation: Operation, aim: Aim, agent: Agent, chance: Chance): Shot => {
  const given = aimed(operation, aim, chance)
  const method = chance.is(0.03) ? chance.pick(["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]) : operation.method
  const text = given.body === undefined ? undefined : JSON.stringify(given.body)
  const body = text === undefined && chance.is(0.9) ? undefined : text ?? "{}"
  const path = wireTarget(operation, given, chance)
  const asked: Asked = {
    method,
    path,
    headers: { ...wireHeaders(given), ...headersFor(operation, aim, "application/json", chance) },
    body: body !== undefined && chance.is(0.08) ? brokenJson(body, chance) : body,
    streams: operation.streams
  }
  return {
    name: `${operation.door} ${operation.name}`,
    sent: excerpt(`${method} ${path} ${JSON.stringify(asked.headers)} ${asked.body ?? ""}`),
    send: () =>
      exchange(aim.url, agent, asked).then(
        (answer) => operation.door === "gRPC" ? judgeConnect(answer) : judgeHttp(answer, method === "HEAD"),
        failed
      )
  }
}
