import { setTimeout as pause } from "node:timers/promises"
import type { Row } from "../Row.ts"
import { pass, type Tap } from "../TcpProxy.ts"

const share = 0.15
const lateMillis = { min: 100, max: 1500 }

/**
 * COMMITs of bookings, cancellations and promotions whose answer never comes: carried out and the answer lost, never
 * sent, or carried out only after the server has lost its connection.
 */
export const commitAnswerLost: Row = {
  name: "commit-answer-lost",
  fault: "COMMIT's answer lost, COMMIT lost, COMMIT late",
  brief: true,
  nativeRedis: false,
  run: async ({ brief, cluster, injected, random }) => {
    const tap: Tap = ({ commits, step }) => {
      const writes = step === "commit booking" || step === "commit promotion" || step === "cancel booking"
      if (!commits || !writes || !random.chance(share)) return pass
      injected()
      switch (random.pick(["lose answer", "cut", "late"])) {
        case "cut":
          return { kind: "cut" }
        case "late":
          return { kind: "late", millis: random.between(lateMillis.min, lateMillis.max) }
        default:
          return { kind: "lose answer", lost: () => {} }
      }
    }
    for (const { postgres } of cluster.processes) postgres.tap = tap
    await pause(brief ? 3_000 : 12_000)
    for (const { postgres } of cluster.processes) postgres.tap = () => pass
  }
}
