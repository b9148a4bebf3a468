import { networkOf } from "@berth/server/CallerAddress"
import { assert, it } from "@effect/vitest"

it("an IPv4 address is one caller, however it is written", () => {
  assert.strictEqual(networkOf("192.0.2.7"), "192.0.2.7")
  assert.strictEqual(networkOf("::ffff:192.0.2.7"), "192.0.2.7")
})

it("an IPv6 customer is one caller, whichever of a provider's many addresses are used", () => {
  const one = networkOf("2001:db8:0:12::1")
  assert.strictEqual(one, "2001:db8:0:12")
  for (const same of ["2001:0db8:0000:0012:ffff:ffff:ffff:ffff", "2001:db8:0:12:1::", "2001:DB8::12:0:0:0:9"]) {
    assert.strictEqual(networkOf(same), one, same)
  }
  assert.strictEqual(networkOf("fe80::1%eth0"), "fe80:0:0:0")
  assert.strictEqual(networkOf("::1"), "0:0:0:0")
  assert.notStrictEqual(networkOf("2001:db8:0:13::1"), one)
})
