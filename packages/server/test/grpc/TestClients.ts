import { BookingService } from "@berth/server/generated/berth/v1/berth_pb"
import { ErrorInfoSchema } from "@berth/server/generated/google/rpc/error_details_pb"
import { GrpcListener } from "@berth/server/grpc/GrpcListener"
import * as NodeServer from "@berth/server/NodeServer"
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect"
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node"
import { Effect, Layer } from "effect"
import * as TestServer from "../TestServer.ts"

/** The server with both of its listeners. */
export const layer = NodeServer.layer({ host: "127.0.0.1", port: 0, grpcPort: 0 }).pipe(
  Layer.provideMerge(TestServer.engine)
)

export const grpcUrl = Effect.map(GrpcListener, ({ address }) => `http://${address}`)

/** Every way to call, by name. */
export const transports: ReadonlyArray<readonly [string, Effect.Effect<Transport, never, NodeServerServices>]> = [
  ["gRPC", Effect.map(grpcUrl, (baseUrl) => createGrpcTransport({ baseUrl }))],
  [
    "gRPC-web",
    Effect.map(TestServer.baseUrl, (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }))
  ],
  [
    "Connect, binary",
    Effect.map(
      TestServer.baseUrl,
      (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: true })
    )
  ],
  [
    "Connect, JSON, over HTTP/2",
    Effect.map(grpcUrl, (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" }))
  ]
]

type NodeServerServices = Layer.Success<typeof layer>

export const clientOf = (transport: Transport) => createClient(BookingService, transport)

export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

/** Waits for an answer. */
export const answered = <A>(call: () => Promise<A>) =>
  Effect.tryPromise({ try: call, catch: (error) => ConnectError.from(error) })

/** Code and reason of a call that is refused. */
export const refused = <A>(call: () => Promise<A>) =>
  Effect.map(
    Effect.flip(answered(call)),
    (error) => [Code[error.code], error.findDetails(ErrorInfoSchema)[0]?.reason]
  )

/** With its signal a call ends as if its caller had hung up. */
export const hangUp = (): AbortController => new AbortController()
