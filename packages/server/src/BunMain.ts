/** A server by itself on Bun: `bun packages/server/src/BunMain.ts`. Any number may run, of this and of the others. */
import { listen } from "./BunServer.ts"
import { run } from "./WebMain.ts"

run(listen)
