import {
  type DescEnum,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescService,
  toBinary
} from "@bufbuild/protobuf"
import { nestedTypes } from "@bufbuild/protobuf/reflect"
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt"
import { Code, type ConnectRouter } from "@connectrpc/connect"
import { file_berth_v1_berth } from "../generated/berth/v1/berth_pb.ts"
import { file_google_rpc_error_details } from "../generated/google/rpc/error_details_pb.ts"
import * as V1 from "../generated/grpc/reflection/v1/reflection_pb.ts"
import * as V1Alpha from "../generated/grpc/reflection/v1alpha/reflection_pb.ts"

/** Files that callers may ask for: what they call, and what stands in the details of its errors. */
const described = [
  file_berth_v1_berth,
  file_google_rpc_error_details,
  V1.file_grpc_reflection_v1_reflection,
  V1Alpha.file_grpc_reflection_v1alpha_reflection
]

/** A file after those that it imports, as a reader needs them. */
const withImports = (file: DescFile): ReadonlyArray<DescFile> => [
  ...new Set([...file.dependencies.flatMap(withImports), file])
]

const files = new Map(described.flatMap(withImports).map((file) => [`${file.name}.proto`, file]))

const services = described.flatMap(({ services: found }) => found.map(({ typeName }) => typeName)).toSorted()

const membersOf = (type: DescEnum | DescExtension | DescMessage | DescService) => {
  switch (type.kind) {
    case "message":
      return type.fields
    case "service":
      return type.methods
    default:
      return []
  }
}

const symbolsOf = (file: DescFile): ReadonlyArray<string> =>
  [...nestedTypes(file)].flatMap((type) =>
    [type.typeName].concat(membersOf(type).map(({ name }) => `${type.typeName}.${name}`))
  )

const filesBySymbol = new Map(
  [...files.values()].flatMap((file) => symbolsOf(file).map((symbol) => [symbol, file] as const))
)

const notFound = (what: string) => ({
  case: "errorResponse" as const,
  value: { errorCode: Code.NotFound, errorMessage: `${what} is not known here.` }
})

const describe = (file: DescFile | undefined, what: string) =>
  file === undefined ? notFound(what) : {
    case: "fileDescriptorResponse" as const,
    value: {
      fileDescriptorProto: withImports(file).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto))
    }
  }

const answerTo = ({ messageRequest: asked }: V1.ServerReflectionRequest | V1Alpha.ServerReflectionRequest) => {
  switch (asked.case) {
    case "listServices":
      return { case: "listServicesResponse" as const, value: { service: services.map((name) => ({ name })) } }
    case "fileByFilename":
      return describe(files.get(asked.value), asked.value)
    case "fileContainingSymbol":
      return describe(filesBySymbol.get(asked.value), asked.value)
    case "fileContainingExtension":
      return notFound(`An extension of ${asked.value.containingType}`)
    case "allExtensionNumbersOfType":
      return filesBySymbol.has(asked.value)
        ? { case: "allExtensionNumbersResponse" as const, value: { baseTypeName: asked.value } }
        : notFound(asked.value)
    case undefined:
      return {
        case: "errorResponse" as const,
        value: { errorCode: Code.InvalidArgument, errorMessage: "Ask for a service, a file or a symbol." }
      }
  }
}

async function* answers<Asked extends V1.ServerReflectionRequest | V1Alpha.ServerReflectionRequest>(
  requests: AsyncIterable<Asked>
) {
  for await (const request of requests) {
    yield { validHost: request.host, originalRequest: request, messageResponse: answerTo(request) }
  }
}

/** Tells callers such as grpcurl what can be called, in both versions of the service that does. */
export const reflection = (router: ConnectRouter): ConnectRouter =>
  router
    .service(V1.ServerReflection, { serverReflectionInfo: (requests) => answers(requests) })
    .service(V1Alpha.ServerReflection, { serverReflectionInfo: (requests) => answers(requests) })
