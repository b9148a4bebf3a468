import { BerthApi } from "@berth/domain/BerthApi"
import { BerthRpcs } from "@berth/domain/BerthRpcs"
import { BookingService } from "@berth/server/generated/berth/v1/berth_pb"
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf"
import { Schema } from "effect"
import { OpenApi } from "effect/http-api"
import { RpcSchema } from "effect/rpc"

/** What these tests read of a JSON Schema. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: JsonSchema
  readonly prefixItems?: ReadonlyArray<JsonSchema>
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly oneOf?: ReadonlyArray<JsonSchema>
  readonly allOf?: ReadonlyArray<JsonSchema>
  readonly enum?: ReadonlyArray<Schema.Json>
  readonly minimum?: number
  readonly maximum?: number
}

const Place = Schema.Literals(["path", "query", "header"])

export interface Parameter {
  readonly name: string
  readonly in: typeof Place.Type
  readonly required: boolean
  readonly schema: JsonSchema
}

/** One way to call the server, with the schemas of all that it takes. */
export interface Operation {
  readonly door: "HTTP" | "RPC" | "gRPC"
  /** The same as long as the call is: `GET /api/trains`, `Book`. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly parameters: ReadonlyArray<Parameter>
  readonly body: JsonSchema | undefined
  readonly streams: boolean
  readonly definitions: Readonly<Record<string, JsonSchema>>
}

const Node: Schema.Codec<JsonSchema> = Schema.Struct({
  $ref: Schema.optionalKey(Schema.String),
  type: Schema.optionalKey(Schema.String),
  properties: Schema.optionalKey(Schema.Record(Schema.String, Schema.suspend(() => Node))),
  required: Schema.optionalKey(Schema.Array(Schema.String)),
  items: Schema.optionalKey(Schema.suspend(() => Node)),
  prefixItems: Schema.optionalKey(Schema.Array(Schema.suspend(() => Node))),
  anyOf: Schema.optionalKey(Schema.Array(Schema.suspend(() => Node))),
  oneOf: Schema.optionalKey(Schema.Array(Schema.suspend(() => Node))),
  allOf: Schema.optionalKey(Schema.Array(Schema.suspend(() => Node))),
  enum: Schema.optionalKey(Schema.Array(Schema.Json)),
  minimum: Schema.optionalKey(Schema.Finite),
  maximum: Schema.optionalKey(Schema.Finite)
})

const Body = Schema.Struct({ content: Schema.Record(Schema.String, Schema.Struct({ schema: Node })) })

const Call = Schema.Struct({
  parameters: Schema.optionalKey(Schema.Array(Schema.Struct({
    name: Schema.String,
    in: Place,
    required: Schema.Boolean,
    schema: Node
  }))),
  requestBody: Schema.optionalKey(Body),
  responses: Schema.Record(
    Schema.String,
    Schema.Struct({ content: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)) })
  )
})

const Description = Schema.Struct({
  paths: Schema.Record(Schema.String, Schema.Record(Schema.String, Call)),
  components: Schema.Struct({ schemas: Schema.Record(Schema.String, Node) })
})

const decodeDescription = Schema.decodeUnknownSync(Description)
const decodeNode = Schema.decodeUnknownSync(Node)
const decodeNodes = Schema.decodeUnknownSync(Schema.Record(Schema.String, Node))

/** Every call of an OpenAPI description. */
export const httpOperationsOf = (description: unknown): ReadonlyArray<Operation> => {
  const { components, paths } = decodeDescription(description)
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody, responses }]): Operation => ({
      door: "HTTP",
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      parameters: parameters ?? [],
      body: Object.values(requestBody?.content ?? {})[0]?.schema,
      streams: responses["200"]?.content?.["text/event-stream"] !== undefined,
      definitions: components.schemas
    }))
  )
}

/** Every call of the HTTP API as the sources declare it. */
export const httpOperations = httpOperationsOf(JSON.parse(JSON.stringify(OpenApi.fromApi(BerthApi))))

/** Every remote call. */
export const rpcOperations: ReadonlyArray<Operation> = Array.from(BerthRpcs.requests.values(), (rpc) => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(rpc.payloadSchema)
  return {
    door: "RPC" as const,
    name: rpc._tag,
    method: "POST",
    path: "/rpc",
    parameters: [],
    body: decodeNode(JSON.parse(JSON.stringify(schema))),
    streams: RpcSchema.isStreamSchema(rpc.successSchema),
    definitions: decodeNodes(JSON.parse(JSON.stringify(definitions)))
  }
})

const schemaOfScalar = (scalar: ScalarType | undefined): JsonSchema => {
  switch (scalar) {
    case ScalarType.BOOL:
      return { type: "boolean" }
    case ScalarType.INT32:
      return { type: "integer" }
    default:
      return { type: "string" }
  }
}

const schemaOfField = (field: DescField): JsonSchema => {
  const one = field.message === undefined ? schemaOfScalar(field.scalar) : schemaOfMessage(field.message)
  return field.fieldKind === "list" ? { type: "array", items: one } : one
}

const schemaOfMessage = (message: DescMessage): JsonSchema => ({
  type: "object",
  properties: Object.fromEntries(message.fields.map((field) => [field.jsonName, schemaOfField(field)])),
  required: message.fields.filter(({ proto }) => !proto.proto3Optional).map(({ jsonName }) => jsonName)
})

/** Every call of the gRPC service, as JSON. */
export const grpcOperations: ReadonlyArray<Operation> = BookingService.methods.map((method) => ({
  door: "gRPC",
  name: method.name,
  method: "POST",
  path: `/${BookingService.typeName}/${method.name}`,
  parameters: [],
  body: schemaOfMessage(method.input),
  streams: method.methodKind !== "unary",
  definitions: {}
}))
