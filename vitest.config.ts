import { join } from "node:path"
import { defineConfig } from "vitest/config"
import { LongestFirst } from "./scripts/LongestFirst.ts"

// The tests bring their own stores: they must never write to the ones a developer's shell points at.
for (const name of ["DATABASE_URL", "REDIS_URI", "BERTH_DATA_DIR", "PORT", "GRPC_PORT", "HOST", "LOG_LEVEL"]) {
  delete process.env[name]
}

// Compiled code is kept, for workers and for the many processes that tests start: these start in half the time with it.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/berth")

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: "./vitest.global-setup.ts",
    pool: "forks",
    // On two cores: a test waits as long as it works, for a deadline to pass, a process to start, a server to be ready.
    maxWorkers: 3,
    // A worker runs many files, for importing everything anew for each of them took half of the time. What a file
    // changes in its process, the next one finds changed.
    isolate: false,
    // Node imports the files itself, as in production.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    allowOnly: false,
    passWithNoTests: false
  }
})
