import type { Cluster, ClusterOptions } from "./Cluster.ts"
import type { Load } from "./Load.ts"
import type { Network } from "./Network.ts"
import type { SeededRandom } from "./SeededRandom.ts"

/** What a row works with while the load goes on. */
export interface RowContext {
  readonly cluster: Cluster
  readonly network: Network
  readonly load: Load
  readonly random: SeededRandom
  /** Whether the row is to take a few seconds only, among the tests. */
  readonly brief: boolean
  /** Counts a fault that was injected. */
  injected(count?: number): void
  /** Notes that something was not as it must be. */
  problem(text: string): void
  /** Notes something worth reading that is no failure. */
  note(text: string): void
}

/** A fault, and how it is brought about while people book. */
export interface Row {
  readonly name: string
  readonly fault: string
  /** Whether the tests run a short version. */
  readonly brief: boolean
  /** Whether it needs a Redis that is a process of its own. */
  readonly nativeRedis: boolean
  /** Why it can't run on this machine; undefined where it can. */
  readonly missing?: () => string | undefined
  /** Where it needs a cluster of its own, what is special about it; such a row is no part of a soak. */
  readonly own?: (folder: string) => Promise<Partial<ClusterOptions> & { readonly clean: () => Promise<void> }>
  /** Injects the fault, and mends it. */
  readonly run: (context: RowContext) => Promise<void>
}
