import { BookingService } from "@berth/server/generated/berth/v1/berth_pb"
import { fromJsonString, toBinary } from "@bufbuild/protobuf"
import { Option, Schema } from "effect"
import { type ClientHttp2Session, connect } from "node:http2"
import type { Operation } from "../JsonSchema.ts"
import { type Aim, aimed, authorization } from "./Aim.ts"
import type { Chance } from "./Chance.ts"
import { answerMillisMax, excerpt, revealing, type Seen, type Shot } from "./Shot.ts"

/** Codes of gRPC that tell of a fault of the program: UNKNOWN, INTERNAL, DATA_LOSS. */
const faults = new Set(["2", "13", "15"])

const decodeTrailers = Schema.decodeUnknownSync(Schema.Record(Schema.String, Schema.Unknown))

/** One connection, made again when it was ended. */
export class GrpcConnection {
  readonly #url: string
  #session: ClientHttp2Session | undefined

  constructor(url: string) {
    this.#url = url
  }

  get session(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(this.#url).on("error", () => {})
    }
    return this.#session
  }

  close(): void {
    this.#session?.destroy()
  }
}

const bytesOf = Option.liftThrowable((name: string, json: Schema.Json) => {
  const method = BookingService.methods.find((one) => one.name === name)
  if (method === undefined) throw new Error(`no method ${name}`)
  return Buffer.from(
    toBinary(method.input, fromJsonString(method.input, JSON.stringify(json), { ignoreUnknownFields: true }))
  )
})

/** A message's bytes with some of them changed, and the frame around them, which may lie. */
const framed = (message: Buffer, chance: Chance): Buffer => {
  const bytes = Buffer.from(message)
  if (bytes.length > 0 && chance.is(0.4)) {
    for (let flips = 0; flips <= chance.below(4); flips++) bytes[chance.below(bytes.length)] = chance.below(256)
  }
  const head = Buffer.alloc(5)
  head[0] = chance.is(0.95) ? 0 : chance.pick([1, 2, 128, 255])
  head.writeUInt32BE(chance.is(0.95) ? bytes.length : chance.pick([0, 1, bytes.length + 9, 2 ** 20, 2 ** 32 - 1]), 1)
  return chance.is(0.05) ? Buffer.concat([head, bytes, head, bytes]) : Buffer.concat([head, bytes])
}

const answerOf = (
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  streams: boolean
): Promise<Seen> =>
  new Promise((resolve) => {
    const stream = session.request({ ":method": "POST", ...headers })
    let seen: Readonly<Record<string, unknown>> = {}
    const merge = (more: unknown) => {
      seen = { ...seen, ...decodeTrailers({ ...Object(more) }) }
    }
    let late = false
    stream.setTimeout(answerMillisMax, () => {
      late = true
      stream.destroy()
    })
    stream.on("response", merge).on("trailers", merge).on("error", () => {})
    stream.on("data", () => {
      if (streams) stream.close()
    })
    stream.once("close", () => {
      const text = JSON.stringify(seen)
      const status = String(seen["grpc-status"] ?? (streams ? "watched" : `reset ${stream.rstCode}`))
      const outcome = `${String(seen[":status"] ?? "-")} grpc ${status}`
      // A fault of the program carries the id under which the log has it; Connect itself says INTERNAL of mere bytes.
      if (late) return resolve({ outcome, text, fault: "there is no answer" })
      if (faults.has(status) && seen["x-request-id"] !== undefined) {
        return resolve({ outcome, text, fault: "a fault of the program" })
      }
      if (Number(seen[":status"]) >= 500) return resolve({ outcome, text, fault: "a fault of the program" })
      resolve(revealing.test(text) ? { outcome, text, fault: "tells of the inside" } : { outcome, text })
    })
    stream.end(body)
  })

/** A bad call by gRPC. */
export const grpcShot = (operation: Operation, aim: Aim, connection: GrpcConnection, chance: Chance): Shot => {
  const { body } = aimed(operation, aim, chance)
  const message = Option.getOrElse(bytesOf(operation.name, body ?? {}), () => Buffer.from(JSON.stringify(body ?? null)))
  const bytes = framed(message, chance)
  const token = authorization(operation, aim, chance)
  const headers = {
    ":path": chance.is(0.98) ? operation.path : `${operation.path}${chance.pick(["x", "/", "?[", "%00"])}`,
    "content-type": chance.is(0.95)
      ? "application/grpc"
      : chance.pick(["application/grpc+json", "application/grpc+x", "text/plain", "application/connect+proto"]),
    te: "trailers",
    ...(token === undefined ? {} : { authorization: token.trim() }),
    ...(chance.is(0.05)
      ? { "grpc-timeout": chance.pick(["1n", "0S", "99999999H", "-1S", "x", "123456789S", "1m"]) }
      : {}),
    ...(chance.is(0.05) ? { "grpc-encoding": chance.pick(["gzip", "br", "identity", "x"]) } : {})
  }
  return {
    name: `gRPC ${operation.name} (HTTP/2)`,
    sent: excerpt(`${JSON.stringify(headers)} ${bytes.toString("latin1")}`),
    send: () => answerOf(connection.session, headers, bytes, operation.streams)
  }
}
