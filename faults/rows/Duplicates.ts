import { setTimeout as pause } from "node:timers/promises"
import type { Row } from "../Row.ts"
import { TcpProxy } from "../TcpProxy.ts"
import { rawWire } from "../Wire.ts"

const callsAtOnce = 50

/** Many calls with one key over both servers, and a network that repeats and reorders what callers send. */
export const duplicates: Row = {
  name: "duplicates",
  fault: "50 parallel calls with one key over two servers; calls repeated late by a proxy",
  brief: true,
  nativeRedis: false,
  run: async ({ brief, cluster, injected, load, network, random }) => {
    const lateMillisMax = brief ? 300 : 3000
    const proxies = await Promise.all(cluster.servers.map(async (target) => {
      const proxy = await new TcpProxy(target.port, rawWire).start()
      proxy.repeatMillis = (chunk) => {
        if (!chunk.subarray(0, 4).equals(Buffer.from("POST")) || !random.chance(0.3)) return undefined
        injected()
        return random.between(0, lateMillisMax)
      }
      return proxy
    }))
    const urls = proxies.map(({ port }) => `http://127.0.0.1:${port}`)
    load.log.repeatedLate = true
    const before = load.urls
    // Where there is room for all, so that no twin is refused while another is seated.
    const plenty = network.trips.filter(({ trainId }) => trainId === network.manyId)
    load.urls = () => urls
    for (let keys = 0; keys < (brief ? 3 : 20); keys++) {
      const entry = load.log.make(`same-${random.between(0, 1e9)}`, random.pick(plenty), 2)
      injected(callsAtOnce - 1)
      const once = async (index: number) => {
        const url = urls[index % urls.length] ?? ""
        load.take(entry, await load.send(entry, url))
      }
      await Promise.all(Array.from({ length: callsAtOnce }, (_, index) => once(index)))
    }
    await pause(brief ? 1000 : 5000)
    load.urls = before
    // What is to be repeated is on its way for so long.
    await pause(lateMillisMax)
    await Promise.all(proxies.map((proxy) => proxy.stop()))
  }
}
