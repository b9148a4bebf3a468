import { layer } from "@effect/vitest"
import { BookingClient } from "../src/BookingClient.ts"
import * as BookingClientTest from "./BookingClientTest.ts"
import * as BerthTest from "./cli/BerthTest.ts"
import * as ConsumerTest from "./ConsumerTest.ts"
import * as FaultyLineTest from "./FaultyLineTest.ts"
import { RunningBerth } from "./RunningBerth.ts"

layer(RunningBerth.layer, { excludeTestServices: true, timeout: "120 seconds" })("a running Berth", (it) => {
  BookingClientTest.suite(it, "over HTTP", BookingClient.layerHttp, 20)
  BookingClientTest.suite(it, "over RPC", BookingClient.layerRpc, 21)
  FaultyLineTest.suite(it, "over HTTP", BookingClient.layerHttp, 22)
  FaultyLineTest.suite(it, "over RPC", BookingClient.layerRpc, 23)
  BookingClientTest.suite(it, "over a WebSocket", BookingClient.layerSocket, 24)
  ConsumerTest.suite(it)
  BerthTest.suite(it)
})
