import { setTimeout as pause } from "node:timers/promises"
import type { Row } from "../Row.ts"

/** PostgreSQL ends without a word: at once (`pg_ctl stop -m immediate`), one of its sessions killed, all of it killed. */
export const postgresCrashed: Row = {
  name: "postgres-crashed",
  fault: "PostgreSQL stopped at once and started again, a session killed with -9, the whole of it killed with -9",
  brief: true,
  nativeRedis: false,
  run: async ({ brief, cluster, injected, note, random }) => {
    const { postgres } = cluster
    const ways = brief ? ["session"] as const : ["immediate", "session", "kill", "session", "immediate"] as const
    for (const way of ways) {
      if (way === "session") {
        const session = random.pick(postgres.children)
        note(`killed process ${session} of PostgreSQL, which ends every session`)
        process.kill(session, "SIGKILL")
        injected()
      } else {
        await postgres.crash(way === "immediate" ? "SIGQUIT" : "SIGKILL")
        injected()
        await pause(random.between(0, 1500))
        await postgres.start()
      }
      await pause(random.between(2500, 4500))
    }
  }
}
