import { assert, it } from "@effect/vitest"
import { Role } from "../src/Auth.ts"
import { isNotAbove, lesserRole } from "../src/RoleOrder.ts"

it("a role is above those before it, and the lesser of two is above neither", () => {
  assert.isTrue(isNotAbove("passenger", "agent") && isNotAbove("clerk", "operator") && isNotAbove("operator", "admin"))
  for (const one of Role.literals) {
    for (const other of Role.literals) {
      const lesser = lesserRole(one, other)
      assert.strictEqual(lesser, lesserRole(other, one))
      assert.isTrue(isNotAbove(lesser, one) && isNotAbove(lesser, other) && (lesser === one || lesser === other))
    }
  }
})
