import type { LegRange } from "@berth/domain/LegRange"
import type { FenceReply } from "../../../src/inventory/Inventory.ts"
import { legBits } from "../Network.ts"
import { violated } from "../Violation.ts"
import type { World } from "../World.ts"
import { anybodyWaits, close, copyOf, type RunState } from "./RunState.ts"

/** Redis with its one run. Each Lua script is a function of it, in the files beside, and takes place at one moment. */
export class RedisModel {
  state: RunState | null = null
  /** Changes with every restart that loses something. */
  instance = 1
  seededInstance = 0
  /** Whether what it has may be older than the record, until the run is loaded again. */
  rolledBack = false
  /** Numbers of the waitlist by hold, from the record: for the checks alone. */
  numberOf: (holdId: string) => number | undefined = () => undefined
  private older: RunState | null = null

  readonly world: World

  constructor(world: World) {
    this.world = world
  }

  remember(): void {
    this.older = this.state === null ? null : copyOf(this.state)
  }

  empty(): void {
    this.state = null
    this.instance++
  }

  rollBack(): void {
    if (this.older === null) return
    this.state = copyOf(this.older)
    this.instance++
    this.rolledBack = true
  }

  free(state: RunState, slot: number, range: LegRange, owner: string): void {
    for (let leg = range.from; leg < range.to; leg++) {
      const has = state.owners.get(8 * slot + leg)
      if (has !== undefined && has !== owner && !this.rolledBack) {
        violated("a release frees what it names, once", `slot ${slot} leg ${leg} of ${owner} was freed, ${has} has it`)
      }
      state.owners.delete(8 * slot + leg)
    }
    const bits = legBits(range)
    if (this.world.guarded("freed list") && anybodyWaits(state)) {
      state.freed[slot] = (state.freed[slot] ?? 0) | ((state.taken[slot] ?? 0) & bits)
      close(state)
    } else {
      state.taken[slot] = (state.taken[slot] ?? 0) & ~bits
      state.freed[slot] = (state.freed[slot] ?? 0) & ~bits
    }
  }

  fenced(epoch: number): FenceReply | undefined {
    const stored = this.state?.gate.epoch
    if (stored === undefined || stored < epoch) return "Early"
    return stored > epoch ? "Stale" : undefined
  }
}
