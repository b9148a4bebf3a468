import type { Row } from "./Row.ts"
import { clockSkew } from "./rows/ClockSkew.ts"
import { commitAnswerLost } from "./rows/CommitAnswerLost.ts"
import { configEdited } from "./rows/ConfigEdited.ts"
import { diskFull } from "./rows/DiskFull.ts"
import { duplicates } from "./rows/Duplicates.ts"
import { failover, twoPrimaries } from "./rows/Failover.ts"
import { hostileClients } from "./rows/HostileClients.ts"
import { listenerLost } from "./rows/ListenerLost.ts"
import { paymentKilled } from "./rows/PaymentKilled.ts"
import { poolExhausted } from "./rows/PoolExhausted.ts"
import { postgresCrashed } from "./rows/PostgresCrashed.ts"
import { redisEmptied } from "./rows/RedisEmptied.ts"
import { redisRefuses, scriptsLost } from "./rows/RedisRefuses.ts"
import { redisRolledBack } from "./rows/RedisRolledBack.ts"
import { serverKilled } from "./rows/ServerKilled.ts"
import { twoSchedulers } from "./rows/TwoSchedulers.ts"

/** Every fault that is injected, in the order in which they run. */
export const rows: ReadonlyArray<Row> = [
  serverKilled,
  paymentKilled,
  commitAnswerLost,
  redisEmptied,
  redisRolledBack,
  failover,
  twoPrimaries,
  scriptsLost,
  redisRefuses,
  postgresCrashed,
  listenerLost,
  twoSchedulers,
  duplicates,
  clockSkew,
  configEdited,
  hostileClients,
  poolExhausted,
  diskFull
]
