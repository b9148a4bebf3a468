import * as V1 from "@berth/server/generated/grpc/reflection/v1/reflection_pb"
import * as V1Alpha from "@berth/server/generated/grpc/reflection/v1alpha/reflection_pb"
import { create, createFileRegistry, fromBinary, type MessageShape } from "@bufbuild/protobuf"
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt"
import { createClient } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as TestClients from "./TestClients.ts"

type Question =
  | { readonly case: "listServices" | "fileContainingSymbol" | "fileByFilename"; readonly value: string }
  | { readonly case: undefined }

async function* asked(questions: ReadonlyArray<Question>) {
  for (const messageRequest of questions) {
    yield { host: "here", messageRequest }
  }
}

type Answer = MessageShape<typeof V1.ServerReflectionResponseSchema | typeof V1Alpha.ServerReflectionResponseSchema>

/** Asks everything in one stream, as tools do, and answers in the order of the questions. */
const ask = Effect.fnUntraced(function*(version: "v1" | "v1alpha", questions: ReadonlyArray<Question>) {
  const transport = createGrpcTransport({ baseUrl: yield* TestClients.grpcUrl })
  const answers: AsyncIterable<Answer> = version === "v1"
    ? createClient(V1.ServerReflection, transport).serverReflectionInfo(asked(questions))
    : createClient(V1Alpha.ServerReflection, transport).serverReflectionInfo(asked(questions))
  return yield* TestClients.answered(() => Array.fromAsync(answers))
})

layer(TestClients.layer, { timeout: "60 seconds", excludeTestServices: true })("reflection", (it) => {
  for (const version of ["v1", "v1alpha"] as const) {
    it.effect(`lists the services, and describes each with all that it needs, by ${version}`, () =>
      Effect.gen(function*() {
        const [listed, described] = yield* ask(version, [
          { case: "listServices", value: "" },
          { case: "fileContainingSymbol", value: "berth.v1.BookingService" }
        ])
        const { case: kind, value } = listed?.messageResponse ?? {}
        assert.strictEqual(kind, "listServicesResponse")
        assert.deepEqual(kind === "listServicesResponse" && value?.service.map(({ name }) => name), [
          "berth.v1.BookingService",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection"
        ])
        const answer = described?.messageResponse
        const file = answer?.case === "fileDescriptorResponse"
          ? answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
          : []
        const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }))
        assert.deepEqual(registry.getService("berth.v1.BookingService")?.methods.map(({ name }) => name), [
          "Book",
          "Show",
          "Cancel",
          "Pay",
          "Trains",
          "Availability",
          "WatchAvailability"
        ])
        const fields = registry.getMessage("berth.v1.BookingRequest")?.fields.map(({ jsonName }) => jsonName)
        assert.deepEqual(fields?.slice(0, 6), ["trainId", "date", "userId", "travelClass", "quota", "passengers"])
      }))
  }

  it.effect("a file comes with those that it imports, before it", () =>
    Effect.gen(function*() {
      const [byName, bySymbol] = yield* ask("v1", [
        { case: "fileByFilename", value: "google/rpc/error_details.proto" },
        { case: "fileContainingSymbol", value: "google.rpc.BadRequest.FieldViolation" }
      ])
      assert.deepEqual(bySymbol?.messageResponse.value, byName?.messageResponse.value)
      const answer = byName?.messageResponse
      assert.deepEqual(
        answer?.case === "fileDescriptorResponse"
          && answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name),
        ["google/protobuf/duration.proto", "google/rpc/error_details.proto"]
      )
    }))

  it.effect("methods and fields are found, what is not there is refused, and the stream goes on", () =>
    Effect.gen(function*() {
      const answers = yield* ask("v1", [
        { case: "fileContainingSymbol", value: "berth.v1.BookingService.Book" },
        { case: "fileContainingSymbol", value: "berth.v1.Passenger.age" },
        { case: "fileContainingSymbol", value: "berth.v2.Nothing" },
        { case: "fileByFilename", value: "/etc/passwd" },
        { case: undefined },
        { case: "listServices", value: "" }
      ])
      assert.deepEqual(answers.map(({ messageResponse }) => messageResponse.case), [
        "fileDescriptorResponse",
        "fileDescriptorResponse",
        "errorResponse",
        "errorResponse",
        "errorResponse",
        "listServicesResponse"
      ])
      assert.deepEqual(answers.map(({ originalRequest }) => originalRequest?.host), Array(6).fill("here"))
    }))
})
