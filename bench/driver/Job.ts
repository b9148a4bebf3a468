export type Protocol = "http" | "resp" | "websocket"

/** What the driver is to send, and how fast. */
export interface Job {
  readonly protocol: Protocol
  readonly host: string
  readonly port: number
  /** What each connection says first, answered once; empty where nothing is. */
  readonly opening: Uint8Array
  /** Whole requests as they go over the wire, sent in turn and over again. */
  readonly requests: ReadonlyArray<Uint8Array>
  readonly connections: number
  /** Calls that a connection may have under way. */
  readonly callsPerConnection: number
  /** No call begins after so many, nor later than so many milliseconds. */
  readonly calls: number
  readonly millis: number
  /** Calls a second, begun at their moment whatever became of those before; null: each as soon as one is answered. */
  readonly ratePerSecond: number | null
}

/** What came of a job. */
export interface JobResult {
  /** From the first call's start to the last answer. */
  readonly seconds: number
  /** Answers by their kind: a status of HTTP, the first word of a script's reply, how a remote call ended. */
  readonly answers: Readonly<Record<string, number>>
  /** Seconds from the first call's start to the last answer of a kind. */
  readonly lastAt: Readonly<Record<string, number>>
  /** From the moment at which a call was to begin, ms. */
  readonly latency: {
    readonly median: number
    readonly p90: number
    readonly p99: number
    readonly p999: number
    readonly longest: number
  }
  /** Processor time that the driver itself took for a call, µs: it has the same cores as what it measures. */
  readonly driverMicros: number
}
