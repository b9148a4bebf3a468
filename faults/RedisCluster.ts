import { findRedis } from "@berth/embedded/NativeRedis"
import { Effect, Option } from "effect"
import type { Redis } from "ioredis"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { ChildProcess, freePort, waitUntil } from "./ChildProcess.ts"
import { askRedis } from "./RedisServer.ts"

const slots = 16_384
const masters = 3
/** How long a node must be silent until its replica takes its place. */
const nodeTimeoutMillis = 1_000
const patienceMillis = 30_000

/** One node of a Redis Cluster on loopback, without persistence. */
class ClusterNode {
  readonly port: number
  readonly #process: ChildProcess
  readonly busPort: number

  constructor(binary: string, folder: string, port: number, busPort: number) {
    this.port = port
    this.busPort = busPort
    mkdirSync(folder, { recursive: true })
    const settings = {
      port: port,
      "cluster-port": busPort,
      bind: "127.0.0.1",
      dir: folder,
      save: "",
      appendonly: "no",
      "cluster-enabled": "yes",
      "cluster-config-file": "nodes.conf",
      "cluster-node-timeout": nodeTimeoutMillis,
      // The other nodes sell on while one is away.
      "cluster-require-full-coverage": "no",
      "repl-diskless-sync-delay": 0,
      "zset-max-listpack-entries": 1024
    }
    this.#process = new ChildProcess({
      command: binary,
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
      env: {},
      cwd: folder,
      logFile: join(folder, "redis.log")
    })
  }

  ask<A>(ask: (redis: Redis) => Promise<A>): Promise<A> {
    return askRedis(`redis://127.0.0.1:${this.port}`, ask)
  }

  kill(): Promise<void> {
    return this.#process.end("SIGKILL")
  }
}

/** Three nodes that share the slots, and a replica that takes the place of the first where that dies. */
export class RedisCluster {
  readonly nodes: ReadonlyArray<ClusterNode>

  private constructor(nodes: ReadonlyArray<ClusterNode>) {
    this.nodes = nodes
  }

  static async start(folder: string): Promise<RedisCluster> {
    const binary = Option.getOrUndefined(Option.map(Effect.runSync(findRedis), ({ path }) => path))
    if (binary === undefined) throw new Error("no redis-server or valkey-server is on the PATH")
    const nodes: Array<ClusterNode> = []
    for (let n = 0; n <= masters; n++) {
      nodes.push(new ClusterNode(binary, join(folder, `node-${n + 1}`), await freePort(), await freePort()))
    }
    const cluster = new RedisCluster(nodes)
    await cluster.#everywhere("Redis answers", (redis) => redis.ping().then(() => true))
    for (const [n, node] of nodes.entries()) {
      await node.ask(async (redis) => {
        if (n < masters) {
          const from = Math.ceil(slots * n / masters)
          await redis.call("CLUSTER", "ADDSLOTSRANGE", from, Math.ceil(slots * (n + 1) / masters) - 1)
        }
        for (const other of nodes) await redis.call("CLUSTER", "MEET", "127.0.0.1", other.port, other.busPort)
      })
    }
    const isWhole = async (redis: Redis) => {
      const info = String(await redis.call("CLUSTER", "INFO"))
      return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${nodes.length}`)
    }
    await cluster.#everywhere("the cluster is whole", isWhole)
    const [first] = nodes
    const replica = nodes[masters]
    const firstId = await first?.ask((redis) => redis.call("CLUSTER", "MYID"))
    await replica?.ask((redis) => redis.call("CLUSTER", "REPLICATE", String(firstId)))
    await waitUntil(
      "the replica follows",
      patienceMillis,
      async () =>
        await replica?.ask(async (redis) => (await redis.info("replication")).includes("master_link_status:up")) ===
          true
    )
    return cluster
  }

  get uri(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`
  }

  #everywhere(what: string, ask: (redis: Redis) => Promise<boolean>): Promise<void> {
    return waitUntil(what, patienceMillis, async () => {
      const answers = await Promise.all(this.nodes.map((node) => node.ask(ask).catch(() => false)))
      return answers.every((answer) => answer)
    })
  }

  /** Kills the first node. Its replica takes its place when the others have missed it for long enough. */
  async killFirst(): Promise<void> {
    await this.nodes[0]?.kill()
  }

  /** The slots of the node that is killed. */
  readonly isOfFirst = (slot: number): boolean => slot < Math.ceil(slots / masters)

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
  }
}
