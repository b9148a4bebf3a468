import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Cluster } from "../faults/Cluster.ts"
import { closeConnections } from "../faults/HttpCall.ts"
import { hasNativeRedis } from "../faults/RedisServer.ts"
import { closeSession, inject, openSession, type Session } from "../faults/RowRun.ts"
import { rows } from "../faults/Rows.ts"

const fits = rows.filter(({ brief, nativeRedis }) => brief && (!nativeRedis || hasNativeRedis()))
const others = rows.filter((row) => !fits.includes(row)).map(({ name }) => name)

// One load for all faults, so that the way to rest and the checks are gone through once.
describe("a sale under faults", () => {
  let folder = ""
  let cluster: Cluster
  let session: Session

  beforeAll(async () => {
    console.log(`Short versions of ${fits.length} faults. npm run test:faults has them whole, and ${others.join(", ")}`)
    folder = await mkdtemp(join(tmpdir(), "berth-faults-"))
    cluster = await Cluster.start({ folder, redis: "any", servers: 2, schedulers: 1 })
    session = await openSession(cluster, 20_261_122, true)
  }, 120_000)

  afterAll(async () => {
    closeConnections()
    await cluster.stop()
    await rm(folder, { recursive: true, force: true })
  })

  for (const row of fits) {
    it(`goes on: ${row.fault}`, async () => {
      await inject(row, session)
      assert.deepStrictEqual(session.problems.splice(0), [])
    }, 120_000)
  }

  it("has lost and doubled nothing, kept the waitlist's order, and Redis says what PostgreSQL says", async () => {
    const { doubled, lost } = await closeSession(session, false)
    assert.deepStrictEqual({ problems: session.problems, lost, doubled }, { problems: [], lost: 0, doubled: 0 })
    assert.isAbove(session.context.load.log.acknowledged, 50)
  }, 180_000)
})
