import { defineConfig } from "vitest/config"

// The tests bring their own stores: they must never write to the ones a developer's shell points at.
for (const name of ["DATABASE_URL", "REDIS_URI", "BERTH_DATA_DIR", "PORT", "GRPC_PORT", "HOST", "LOG_LEVEL"]) {
  delete process.env[name]
}

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: "./vitest.global-setup.ts",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    allowOnly: false,
    passWithNoTests: false
  }
})
