import { Cluster, type Command, Redis, type RedisOptions } from "ioredis"

/** The client's connections to one Redis, or to the nodes of a cluster. */
export interface RedisLink {
  /** For messages: without user and password. */
  readonly address: string
  readonly isCluster: boolean
  connect(): Promise<void>
  isReady(): boolean
  /** Sends a command to the node that has its keys. */
  write(command: Command): void
  /** Every node that takes writes. */
  nodes(): ReadonlyArray<Redis>
  /** Another client of a node, with the same settings, not connected yet. */
  duplicate(changes: Partial<RedisOptions>): Redis
  /** Hears of connections made and lost, of a cluster's nodes too. */
  listen(listener: {
    readonly onReady: () => void
    readonly onChange: () => void
    readonly onClose: () => void
    readonly onError: (error: Error) => void
  }): void
  close(): Promise<void>
}

export interface LinkOptions {
  readonly connectTimeout: number
  readonly commandTimeout: number
  readonly keepAlive: number
  /** How long to wait before the next attempt to connect, ms; null ends it. */
  readonly retryStrategy: (attempt: number) => number | null
}

/** Calls that leave in one write at most. */
const callsPerWrite = 16

/** How often the nodes of a cluster are asked which slots are whose, ms: a failover is noticed without a call that fails. */
const slotsRefreshMillis = 1_000

// A call is never queued for later nor sent again: it would hold berths for nobody.
const common = ({ commandTimeout, connectTimeout, keepAlive }: LinkOptions) => ({
  connectTimeout,
  commandTimeout,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  keepAlive,
  noDelay: true
})

const addressOf = (uri: string): string => URL.canParse(uri) ? new URL(uri).host : "an address that is no URI"

const single = (uri: string, options: LinkOptions): RedisLink => {
  const client = new Redis(uri, {
    ...common(options),
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: options.retryStrategy
  })
  // Calls of one turn of the event loop leave in few writes: under load a system call for each costs more than the script.
  // Not in one, or Redis would have nothing to do while a rush of calls is read, and the rest nothing while Redis works.
  let corked: typeof client.stream | undefined
  let gathered = 0
  const flush = () => {
    corked?.uncork()
    corked = undefined
    gathered = 0
  }
  return {
    address: addressOf(uri),
    isCluster: false,
    connect: () => client.connect(),
    isReady: () => client.status === "ready",
    write: (command) => {
      if (corked === undefined) {
        corked = client.stream
        corked.cork()
        setImmediate(flush)
      }
      client.sendCommand(command)
      if (++gathered === callsPerWrite) flush()
    },
    nodes: () => [client],
    duplicate: (changes) => client.duplicate(changes),
    listen: ({ onClose, onError, onReady }) => {
      client.on("error", onError)
      client.on("ready", onReady)
      client.on("close", onClose)
    },
    close: () => client.quit().then(() => client.disconnect(), () => client.disconnect())
  }
}

const clusterUri = /^(rediss?)\+cluster:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/?]+)$/
const nodeAddress = /^(.+):(\d{1,5})$/

/** The nodes that `redis+cluster://user:password@host:port,host:port` names; none where it is no such address. */
export const parseClusterUri = (uri: string) => {
  const [, scheme, username, password, list = ""] = clusterUri.exec(uri) ?? []
  const nodes = list.split(",").flatMap((text) => {
    const [, host, port] = nodeAddress.exec(text) ?? []
    return host === undefined || port === undefined ? [] : [{ host, port: Number(port) }]
  })
  return scheme === undefined || nodes.length < list.split(",").length ? undefined : {
    nodes,
    address: list,
    access: {
      ...username === undefined || username === "" ? {} : { username: decodeURIComponent(username) },
      ...password === undefined ? {} : { password: decodeURIComponent(password) },
      ...scheme === "rediss" ? { tls: {} } : {}
    }
  }
}

const cluster = (
  { access, address, nodes }: NonNullable<ReturnType<typeof parseClusterUri>>,
  options: LinkOptions
): RedisLink => {
  const client = new Cluster(nodes, {
    lazyConnect: true,
    enableOfflineQueue: false,
    slotsRefreshInterval: slotsRefreshMillis,
    // What was on its way to a node that died is not sent to its successor. MOVED, ASK and TRYAGAIN are answered before
    // a command takes effect, so that those are followed.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    clusterRetryStrategy: options.retryStrategy,
    redisOptions: { ...common(options), ...access }
  })
  const nodesThatWrite = () => client.nodes("master")
  return {
    address,
    isCluster: true,
    connect: () => client.connect(),
    isReady: () => client.status === "ready",
    write: (command) => {
      client.sendCommand(command)
    },
    nodes: nodesThatWrite,
    duplicate: (changes) => {
      const [node] = nodesThatWrite()
      const [first] = nodes
      return node === undefined
        ? new Redis({ ...common(options), ...access, ...first, lazyConnect: true }).duplicate(changes)
        : node.duplicate({ retryStrategy: options.retryStrategy, lazyConnect: true, ...changes })
    },
    listen: ({ onChange, onClose, onError, onReady }) => {
      client.on("error", onError)
      client.on("node error", onError)
      client.on("ready", onReady)
      client.on("+node", onChange)
      client.on("-node", onChange)
      client.on("close", onClose)
    },
    close: () => client.quit().then(() => client.disconnect(), () => client.disconnect())
  }
}

/** `redis://…` and `rediss://…` name one Redis, `redis+cluster://…` and `rediss+cluster://…` nodes of a cluster. */
export const openLink = (uri: string, options: LinkOptions): RedisLink => {
  const parsed = parseClusterUri(uri)
  return parsed === undefined ? single(uri, options) : cluster(parsed, options)
}
