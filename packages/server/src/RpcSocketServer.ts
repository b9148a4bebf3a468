import { BerthRpcs } from "@berth/domain/BerthRpcs"
import { Effect, Layer } from "effect"
import { RpcServer } from "effect/rpc"
import * as Authentication from "./Authentication.ts"
import { CallsUnderWay } from "./CallsUnderWay.ts"
import * as EventRpcHandlers from "./EventRpcHandlers.ts"
import * as OperatorRpcHandlers from "./OperatorRpcHandlers.ts"
import * as RpcAdmission from "./RpcAdmission.ts"
import * as RpcHandlers from "./RpcHandlers.ts"
import { RpcSockets } from "./RpcSockets.ts"
import { selling } from "./SaleCalls.ts"
import type { SocketLimits } from "./SocketLimits.ts"

/** The remote calls over WebSockets, which a runtime hands to `RpcSockets`. */
export const layer = (limits?: SocketLimits) =>
  Layer.suspend(() => {
    const calls = new CallsUnderWay()
    return RpcServer.layer(BerthRpcs, { disableFatalDefects: true }).pipe(
      Layer.provide([
        RpcHandlers.layer,
        OperatorRpcHandlers.layer,
        EventRpcHandlers.layer,
        Authentication.layerRpc,
        RpcAdmission.layer(calls)
      ]),
      Layer.provide(
        Layer.effect(
          RpcServer.Protocol,
          Effect.flatMap(RpcSockets, ({ protocol }) => selling(RpcAdmission.admitting(protocol), calls))
        )
      ),
      Layer.provideMerge(RpcSockets.layer(limits))
    )
  })
