import type { Role } from "@berth/domain/Auth"
import type { SeatPool } from "@berth/domain/SeatConfig"
import { UserId } from "@berth/domain/UserId"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"
import { SeatConfigs } from "../src/timetable/SeatConfigs.ts"
import type { TestRun } from "./TestEngine.ts"

/** Somebody nobody has met before. */
export const somebody = (role: Role = "passenger") => ({ userId: UserId.make(`u-${randomUUID()}`), role })

const decodeTrail = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({
  userId: Schema.String,
  action: Schema.String,
  details: Schema.Json
})))

/** What the trail has on a subject, oldest first. */
export const trailOn = Effect.fnUntraced(function*(subject: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeTrail(
    yield* sql`SELECT user_id AS "userId", action, details FROM audit WHERE subject = ${subject} ORDER BY id`
  )
})

/** Replaces a train's configuration, whatever its version. */
export const replaceConfig = Effect.fnUntraced(function*(run: TestRun, pools: ReadonlyArray<SeatPool>) {
  const configs = yield* SeatConfigs
  const { version } = yield* configs.read(run.trainId)
  return yield* configs.replace({ userId: UserId.make("operator"), trainId: run.trainId, version, config: { pools } })
})
