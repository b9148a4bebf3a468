import type { LedgerModel } from "./ledger/LedgerModel.ts"
import { waitingHolds } from "./ledger/RunEpochsModel.ts"
import { layout, legBits } from "./Network.ts"
import type { RedisModel } from "./redis/RedisModel.ts"
import { violated } from "./Violation.ts"

const hex = (bySlot: ReadonlyArray<number>): string => bySlot.map((bits) => bits.toString(2).padStart(3, "0")).join(" ")

/** What must hold after every step: where Redis and the record are of one epoch, Redis offers nothing that is sold. */
export const checkStep = (redis: RedisModel, ledger: LedgerModel): void => {
  const { state } = redis
  if (state === null || redis.rolledBack || ledger.run.state !== "OPEN" || state.gate.epoch !== ledger.run.epoch) {
    return
  }
  const free = ledger.sales.find(({ active, from, slot, to }) =>
    active && (legBits({ from, to }) & ~(state.taken[slot] ?? 0)) !== 0
  )
  if (free !== undefined) {
    violated("what is sold is taken in Redis", `sale ${free.id} of ${ledger.keyOf(free.pnr)}, slot ${free.slot}`)
  }
  for (const [pnr, { entry }] of ledger.bookings) {
    if (entry?.state !== "waiting") continue
    const hold = state.holds.get(entry.holdId)?.state
    if (hold === undefined || hold === "ended" || hold === "settled") {
      violated(
        "whoever waits, waits in Redis too",
        `${pnr} waits under ${entry.holdId}, which is ${hold ?? "not there"}`
      )
    }
  }
}

/** What must hold once nothing is under way and everything begun was brought to its end. */
export const checkQuiet = (redis: RedisModel, ledger: LedgerModel): void => {
  const { state } = redis
  const { run } = ledger
  if (state === null || run.state !== "OPEN") {
    return violated("the run is open once quiet", `the record has it ${run.state}`)
  }
  const gates = [state.gate.epoch, state.gate.version].join(":")
  const recorded = [run.epoch, ledger.configVersion].join(":")
  if (gates !== recorded || run.appliedVersion !== ledger.configVersion) {
    violated(
      "Redis says what the record says",
      `its gate is ${gates}, the record's ${recorded}, ${run.appliedVersion} applied`
    )
  }
  const sold = ledger.soldLegs()
  if (hex(sold) !== hex(state.taken)) {
    violated("Redis says what the record says", `taken ${hex(state.taken)}, sold ${hex(sold)}`)
  }
  const waits = waitingHolds(ledger)
  const inRedis = [...state.holds].flatMap(([holdId, { passengers, state: is }]) =>
    is === "waiting" || is === "parked" ? [`${holdId} ${passengers}`] : []
  ).toSorted().join()
  const inRecord = waits.map(({ holdId, passengers }) => `${holdId} ${passengers}`).toSorted().join()
  if (inRedis !== inRecord) {
    violated("Redis says what the record says", `in Redis wait ${inRedis}; in the record ${inRecord}`)
  }
  for (const { from, holdId, passengers, quota, to } of waits) {
    const free = ledger.forSale.filter((of, slot) => of === quota && ((sold[slot] ?? 0) & legBits({ from, to })) === 0)
    if (free.length >= passengers) violated("nobody waits for what is free", `${holdId} waits and fits`)
    // Nobody chooses in a simulation, so that room on every leg can always be brought together.
    const slots = [...ledger.forSale.keys()].filter((slot) => ledger.forSale[slot] === quota)
    const room = [...Map.groupBy(slots, (slot) => layout.bay[slot % 8]).values()].reduce((sum, ofType) => {
      const onLegs = Array.from(
        { length: to - from },
        (_, leg) => ofType.filter((slot) => ((sold[slot] ?? 0) & (1 << from + leg)) === 0).length
      )
      return sum + Math.min(...onLegs)
    }, 0)
    if (room >= passengers) violated("nobody waits where no leg is full", `${holdId} waits`)
  }
}
