import { type DescMessage, fromJsonString, type MessageShape, toJson } from "@bufbuild/protobuf"
import { Effect, Schema } from "effect"
import { invalidRequest } from "../RequestIssues.ts"

/**
 * Reads a message as the domain's own schema reads the JSON of an HTTP call: the names are the same, so the flaws are
 * found and told alike.
 */
export const decodeMessage = <Desc extends DescMessage, S extends Schema.ConstraintDecoder<unknown>>(
  desc: Desc,
  schema: S
) => {
  const decode = Schema.decodeUnknownEffect(schema, { errors: "all" })
  return (message: MessageShape<Desc>) =>
    Effect.mapError(decode(toJson(desc, message)), ({ issue }) => invalidRequest("body", issue))
}

/** The message of an answer. A field that an older .proto file does not have is left out. */
export const encodeMessage = <Desc extends DescMessage>(desc: Desc) => (answer: object): MessageShape<Desc> =>
  fromJsonString(desc, JSON.stringify(answer), { ignoreUnknownFields: true })
