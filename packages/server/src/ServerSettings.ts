import { Config, Schema } from "effect"

const Port = Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 65_535 }))

/**
 * Where the server listens: `HOST` (127.0.0.1) and `PORT` (3000; 0 takes any that is free), and for gRPC over HTTP/2
 * `GRPC_PORT` (absent).
 */
export const serverSettings = Config.all({
  host: Config.NonEmptyString("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.schema(Port, "PORT").pipe(Config.withDefault(3000)),
  grpcPort: Config.schema(Port, "GRPC_PORT").pipe(Config.withDefault(undefined))
})

const loopback = new Set(["127.0.0.1", "::1", "localhost"])

/** Whether only this machine can reach a host's server. */
export const isLoopback = (host: string): boolean => loopback.has(host)
