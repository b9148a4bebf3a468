import { InvalidRequest } from "@berth/domain/RequestErrors"
import { Effect, Option, Schema } from "effect"
import { HttpServerRequest, HttpServerRespondable } from "effect/http"

const Id = Schema.Union([Schema.String, Schema.Finite])

/** A message of the remote calls, as a caller sends it. */
export const RpcMessageFromCaller = Schema.Union([
  Schema.Struct({
    _tag: Schema.tag("Request"),
    id: Id,
    tag: Schema.String,
    payload: Schema.Unknown,
    headers: Schema.Array(Schema.mutable(Schema.Tuple([Schema.String, Schema.String])))
  }),
  Schema.Struct({ _tag: Schema.Literals(["Ack", "Interrupt"]), requestId: Id }),
  Schema.Struct({ _tag: Schema.Literals(["Ping", "Eof"]) })
])

const isMessage = Schema.is(RpcMessageFromCaller)

const parse = Option.liftThrowable((line: string): unknown => JSON.parse(line))

const areMessages = (text: string): boolean => {
  const lines = text.split("\n").filter((line) => line !== "")
  return lines.length > 0 && lines.every((line) => Option.exists(parse(line), isMessage))
}

const notMessages = HttpServerRespondable.toResponse(
  new InvalidRequest({
    errors: [{ in: "body", path: [], message: "Expected messages of remote calls, each a line of JSON" }],
    detail: "body: Expected messages of remote calls, each a line of JSON."
  })
)

/**
 * Refuses a body that holds anything but messages of remote calls. Effect's server would answer 200 and a defect with what
 * JavaScript says of the program's own fault.
 */
export const refusingOthers = <E, R>(
  answer: Effect.Effect<Effect.Success<typeof notMessages>, E, R>
) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ text }) =>
    Effect.flatMap(
      Effect.orDie(text),
      (sent): Effect.Effect<Effect.Success<typeof notMessages>, E, R> => areMessages(sent) ? answer : notMessages
    ))
