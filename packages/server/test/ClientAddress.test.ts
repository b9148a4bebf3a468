import { isLoopbackIp, isWithin, parseIp, parseNetwork, subscriberOf } from "@berth/engine/IpAddress"
import { clientAddress } from "@berth/server/ClientAddress"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const Group = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))
const V4 = Schema.Tuple([Byte, Byte, Byte, Byte])
const V6 = Schema.Tuple([Group, Group, Group, Group, Group, Group, Group, Group])
const Text = Schema.String.check(Schema.isMaxLength(40))

const v4 = (bytes: typeof V4.Type) => bytes.join(".")
const hex = (groups: ReadonlyArray<number>) => groups.map((group) => group.toString(16)).join(":")
const subscriber = (address: string) => subscriberOf(parseIp(address) ?? 0n)

const networks = (...texts: ReadonlyArray<string>) => texts.flatMap((text) => parseNetwork(text) ?? [])
const within = (address: string, network: string) =>
  networks(network).some((one) => isWithin(parseIp(address) ?? 0n, one))

const proxies = networks("10.0.0.0/8", "fd00::/8")
const seen = (socket: string, forwarded: string | undefined, trusted = proxies) =>
  clientAddress(socket, forwarded, trusted)

describe("addresses", () => {
  it("are read in every way of writing them", () => {
    for (
      const [one, other] of [
        ["1.2.3.4", "::ffff:1.2.3.4"],
        ["1.2.3.4", "::ffff:102:304"],
        ["2001:db8::1", "2001:0DB8:0:0:0:0:0:1"],
        ["::", "0:0:0:0:0:0:0:0"],
        ["fe80::1%eth0", "fe80::1"],
        ["1::", "1:0:0:0:0:0:0:0"]
      ] as const
    ) {
      assert.isDefined(parseIp(one), one)
      assert.strictEqual(parseIp(one), parseIp(other), `${one} ${other}`)
    }
    for (const wrong of ["", "unknown", "1.2.3", "1.2.3.256", "1:2", ":::", "1.2.3.4/8", "localhost", "[::1]"]) {
      assert.isUndefined(parseIp(wrong), wrong)
    }
  })

  it.prop("of IPv6 are the number that their groups make", [V6], ([groups]) => {
    assert.strictEqual(parseIp(hex(groups)), groups.reduce((sum, group) => sum * 65_536n + BigInt(group), 0n))
  })

  it("of networks are told apart from others by their first bits", () => {
    assert.isTrue(within("10.255.0.1", "10.0.0.0/8"))
    assert.isFalse(within("11.0.0.0", "10.0.0.0/8"))
    assert.isTrue(within("::ffff:10.0.0.1", "10.0.0.0/8"), "an IPv4 address on a socket of IPv6")
    assert.isTrue(within("192.0.2.1", "192.0.2.1"))
    assert.isFalse(within("192.0.2.2", "192.0.2.1"))
    assert.isTrue(within("fd12::9", "fd00::/8"))
    assert.isFalse(within("fe00::9", "fd00::/8"))
    assert.isTrue(within("8.8.8.8", "0.0.0.0/0"))
    assert.isFalse(within("2001:db8::1", "0.0.0.0/0"))
    for (const wrong of ["10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/8/8", "all", ""]) {
      assert.isUndefined(parseNetwork(wrong), wrong)
    }
  })

  it("of this machine are known as such", () => {
    for (const own of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
      assert.isTrue(isLoopbackIp(parseIp(own) ?? 0n))
    }
    for (const other of ["128.0.0.1", "::2", "10.0.0.1"]) assert.isFalse(isLoopbackIp(parseIp(other) ?? 0n))
  })

  it.prop("of one /64 are one subscriber, and of two are two", [V6, V6], ([one, other]) => {
    const network = [0x2001, ...one.slice(1, 4)]
    assert.strictEqual(
      subscriber(hex([...network, ...one.slice(4)])),
      subscriber(hex([...network, ...other.slice(4)]))
    )
    const next = [0x2002, ...one.slice(1, 4)]
    assert.notStrictEqual(subscriber(hex([...network, ...one.slice(4)])), subscriber(hex([...next, ...one.slice(4)])))
  })

  it.prop("of IPv4 are a subscriber each", [V4, V4], ([one, other]) => {
    assert.strictEqual(subscriber(v4(one)) === subscriber(v4(other)), v4(one) === v4(other))
  })
})

describe("the client's address", () => {
  it("is what the trusted proxy next to it says", () => {
    for (
      const [socket, forwarded, client] of [
        ["203.0.113.9", undefined, "203.0.113.9"],
        ["203.0.113.9", "198.51.100.1", "203.0.113.9"],
        ["10.0.0.1", "198.51.100.1", "198.51.100.1"],
        ["10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"],
        ["10.0.0.1", "198.51.100.1, 10.0.0.7, fd00::7", "198.51.100.1"],
        ["10.0.0.1", "198.51.100.1:4711", "198.51.100.1"],
        ["fd00::1", "[2001:db8::5]:4711", "2001:db8::5"],
        ["10.0.0.1", undefined, "10.0.0.1"],
        ["10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"],
        ["10.0.0.1", "198.51.100.1, unknown, 10.0.0.3", "10.0.0.3"]
      ] as const
    ) {
      assert.strictEqual(seen(socket, forwarded), parseIp(client), `${socket} ${forwarded}`)
    }
  })

  it.prop(
    "is the socket's, whatever it says of itself, where no proxy is trusted",
    [V4, V4, Text],
    ([socket, told, text]) => {
      for (const forwarded of [v4(told), `${v4(told)}, ${v4(socket)}`, text]) {
        assert.strictEqual(seen(v4(socket), forwarded, []), parseIp(v4(socket)))
      }
    }
  )

  it.prop("is not changed by what a client writes before its proxy does", [V4, V4, Text], ([client, told, text]) => {
    if (client[0] === 10) return
    const honest = seen("10.0.0.1", v4(client))
    assert.strictEqual(honest, parseIp(v4(client)))
    for (const forged of [v4(told), "10.0.0.1", "127.0.0.1", "::1", text, ",".repeat(100)]) {
      assert.strictEqual(seen("10.0.0.1", `${forged}, ${v4(client)}`), honest)
      assert.strictEqual(seen("10.0.0.1", `${forged}, ${v4(client)}, 10.1.2.3`), honest)
    }
  })
})
