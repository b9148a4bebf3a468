import { Context, Effect, Option } from "effect"
import { AuditRows } from "../../../src/ledger/AuditRows.ts"
import { RunEpochs } from "../../../src/ledger/RunEpochs.ts"
import { RunRows } from "../../../src/ledger/RunRows.ts"
import { date, legs, runId, today, trainId, trainNumber } from "../Network.ts"
import type { Process } from "../Process.ts"
import type { Stores } from "../Stores.ts"
import { applied, beginRebuild, beginRepack, close, open, overtake, sold, waitingHolds } from "./RunEpochsModel.ts"

/** What the code of a process asks the record for about its run. */
export const runServices = ({ ledger, world }: Stores, process: Process) => {
  const ask = <A>(name: string, work: () => A) => world.call(process, "postgresql", name, work)
  const { run } = ledger
  const read = () => ({ sold: sold(ledger), waiting: waitingHolds(ledger) })
  return Context.make(RunEpochs, {
    close: () => ask("close", () => close(ledger)),
    beginRebuild: (_, which) => {
      const begin = <A>(and: () => A) =>
        world.call(process, "postgresql", `begin a rebuild of ${which}`, () => ({
          runs: beginRebuild(ledger, which),
          ...and()
        }), true)
      return world.guarded("sales are read under the lock that raises the epoch")
        ? begin(read)
        : Effect.flatMap(
          begin(() => ({})),
          ({ runs }) => Effect.map(ask("sold", read), (sales) => ({ runs, ...sales }))
        )
    },
    beginRepack: ({ epoch, moves }) =>
      world.call(process, "postgresql", `repack ${JSON.stringify(moves)}`, () => {
        const runs = beginRepack(ledger, epoch, moves)
        return Option.map(Option.fromUndefinedOr(runs), (moved) => ({ runs: moved, ...read() }))
      }, true),
    overtake: (runs) =>
      ask("overtake", () => {
        for (const { epoch, redisEpoch } of runs) overtake(ledger, epoch, redisEpoch)
      }),
    sold: () => ask("sold", () => sold(ledger)),
    waiting: () => ask("waiting", () => waitingHolds(ledger)),
    open: (runs) =>
      ask(`open ${JSON.stringify(runs)}`, () => {
        for (const { epoch, version } of runs) open(ledger, epoch, version)
      })
  }).pipe(
    Context.add(RunRows, {
      makeWindow: Effect.succeed(0),
      unloaded: () => ask("unloaded", () => run.state === "OPEN" ? [] : [runId]),
      onSale: Effect.succeed([runId]),
      onSaleNamed: Effect.succeed([{ id: runId, trainId, date }]),
      openAfter: (after) =>
        ask(
          "openAfter",
          () => run.state === "OPEN" && after < runId ? [{ id: runId, booked: ledger.bookings.size > 0 }] : []
        ),
      today: Effect.succeed(today),
      arrived: Effect.succeed([]),
      close: () => Effect.die(new Error("runs do not arrive in a simulation")),
      behind: ask("behind", () =>
        run.state === "OPEN" && run.appliedVersion < ledger.configVersion
          ? [{
            id: runId,
            trainId,
            trainNumber,
            date,
            epoch: run.epoch,
            legs,
            version: ledger.configVersion,
            editedSecondsAgo: null
          }]
          : []),
      applied: (runs) =>
        ask(`applied ${JSON.stringify(runs)}`, () => {
          for (const { epoch, version } of runs) applied(ledger, epoch, version)
        })
    }),
    Context.add(AuditRows, {
      runs: () =>
        ask(
          "audited run",
          () => [{ id: runId, trainId, trainNumber, date, legs, version: ledger.configVersion, ...run }]
        ),
      // The checks of every step look for these.
      contradictions: () => Effect.succeed([])
    })
  )
}
