import type { Vitest } from "@effect/vitest"
import * as HttpSuite from "./HttpSuite.ts"
import { transports } from "./RpcForTests.ts"
import * as RpcSuite from "./RpcSuite.ts"
import * as RpcWireSuite from "./RpcWireSuite.ts"
import type { Needs } from "./RunningServer.ts"

/** What a server answers on every runtime; it knows nothing of the server but its address and its stores. */
export const suite = (it: Vitest.MethodsNonLive<Needs>): void => {
  HttpSuite.suite(it)
  for (const transport of transports) {
    RpcSuite.suite(it, transport)
    RpcWireSuite.suite(it, transport)
  }
  RpcSuite.limitSuite(it)
  RpcWireSuite.socketSuite(it)
}
