import { bookErrors, cancelErrors } from "@berth/domain/BerthApi"
import { InvalidRequest, Unauthorized } from "@berth/domain/RequestErrors"
import { StationCode } from "@berth/domain/StationCode"
import { StationNotFound } from "@berth/domain/TimetableErrors"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { exitStatus, exitStatusMeanings, exitStatusOf } from "../../src/cli/ExitStatus.ts"
import { ConnectionFailed } from "../../src/ConnectionFailed.ts"

const failedBy = (reason: ConnectionFailed["reason"]) =>
  new ConnectionFailed({ url: "http://127.0.0.1:1", reason, detail: "no" })

describe("the exit status", () => {
  it("is by kind of failure", () => {
    const stationCode = StationCode.make("XX")
    assert.strictEqual(exitStatusOf(new InvalidRequest({ detail: "no", errors: [] })), exitStatus.usage)
    assert.strictEqual(exitStatusOf(new StationNotFound({ stationCode, detail: "no" })), exitStatus.notFound)
    assert.strictEqual(exitStatusOf(new Unauthorized({ detail: "no" })), exitStatus.unauthorized)
    assert.strictEqual(exitStatusOf(failedBy("unreachable")), exitStatus.unavailable)
    assert.strictEqual(exitStatusOf(failedBy("timedOut")), exitStatus.unavailable)
    assert.strictEqual(exitStatusOf(failedBy("notUnderstood")), exitStatus.notUnderstood)
    assert.strictEqual(exitStatusOf(new Error("a fault")), exitStatus.fault)
  })

  const AnyProblem = Schema.Union([...bookErrors, ...cancelErrors])

  it.prop("of a problem of the server is never that of a fault", [AnyProblem], ([problem]) => {
    assert.notInclude([exitStatus.done, exitStatus.fault], exitStatusOf(problem))
  })

  it("is documented, each once", () => {
    const documented = exitStatusMeanings.map(([status]) => status)
    const { outputClosed, ...told } = exitStatus
    assert.notInclude(documented, outputClosed)
    assert.sameMembers(documented, Object.values(told))
  })
})
