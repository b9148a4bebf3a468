/** A server by itself on Deno: `deno task server`. Any number may run, of this and of the others. */
import { listen } from "./DenoServer.ts"
import { run } from "./WebMain.ts"

run(listen)
