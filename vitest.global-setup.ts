import { EmbeddedPostgres } from "@berth/embedded/EmbeddedPostgres"
import { Config, Effect, ManagedRuntime, Option } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** A PostgreSQL 18 for all test files; each makes a database or a schema of its own. */
    readonly postgresUrl: string
  }
}

/** What the server wrote is gone after the tests anyway, so it need not reach the disk before a commit answers. */
const settings = { fsync: "off" }

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  const given = await Effect.runPromise(Effect.option(Config.String("TEST_DATABASE_URL")))
  if (Option.isSome(given)) {
    project.provide("postgresUrl", given.value)
    return
  }
  const dataDir = await mkdtemp(join(tmpdir(), "berth-tests-"))
  const runtime = ManagedRuntime.make(EmbeddedPostgres.layer({ dataDir, settings }))
  const stop = async () => {
    await runtime.dispose()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    project.provide("postgresUrl", (await runtime.runPromise(EmbeddedPostgres)).url)
  } catch (cause) {
    await stop()
    throw cause
  }
  return stop
}
