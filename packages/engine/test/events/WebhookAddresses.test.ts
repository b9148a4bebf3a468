import { assert, describe, it } from "@effect/vitest"
import { hostOf, isPublic } from "../../src/events/WebhookAddresses.ts"

describe("the address of a webhook", () => {
  it("is one of the internet", () => {
    for (const address of ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]) {
      assert.isTrue(isPublic(address), address)
    }
  })

  it("is not this machine's, a private or shared network's, a tunnel's, an example's, a group's, or none", () => {
    for (
      const address of [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1%eth0",
        "ff02::1",
        "localhost",
        ""
      ]
    ) {
      assert.isFalse(isPublic(address), address)
    }
  })

  it("is read as it is called, however it is written", () => {
    assert.strictEqual(hostOf("https://2130706433/"), "127.0.0.1")
    assert.strictEqual(hostOf("https://0x7f.1/"), "127.0.0.1")
    assert.strictEqual(hostOf("https://[::FFFF:127.0.0.1]/"), "::ffff:7f00:1")
  })
})
