import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { chart } from "../bench/Chart.ts"
import { commandOf } from "../bench/Command.ts"
import { answersOf } from "../bench/driver/Answers.ts"
import type { Protocol } from "../bench/driver/Job.ts"
import { cost, rate, ratios } from "../bench/Measurement.ts"
import { httpRequest, rpcFrame } from "../bench/Requests.ts"
import { respCommand } from "../bench/RespCommand.ts"
import { formatResults, Results } from "../bench/Results.ts"
import { median, quantile } from "../bench/Statistics.ts"
import { withTable } from "../bench/Table.ts"
import { readProjectFile } from "./ProjectFiles.ts"

/** What is told of an answer, whole and in pieces of every length. */
const heardOf = (protocol: Protocol, bytes: string, pieceLength: number) => {
  const heard: Array<readonly [kind: string, id: string | undefined]> = []
  const answers = answersOf(protocol)
  for (let from = 0; from < bytes.length; from += pieceLength) {
    answers.take(bytes.slice(from, from + pieceLength), (kind, id) => heard.push([kind, id]))
  }
  return heard
}

const frame = (text: string, opcode = 1): string =>
  text.length < 126
    ? String.fromCharCode(0x80 | opcode, text.length) + text
    : String.fromCharCode(0x81, 126, text.length >> 8, text.length & 255) + text

describe("what the driver hears", () => {
  const pieces = [1, 2, 3, 7, 1000]

  it("tells answers of HTTP by their status, with a body and without", () => {
    const bytes = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nabc\r\n" +
      "HTTP/1.1 304 Not Modified\r\netag: \"x\"\r\n\r\nHTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n"
    for (const length of pieces) {
      assert.deepStrictEqual(heardOf("http", bytes, length).map(([kind]) => kind), ["201", "304", "409"])
    }
  })

  it("refuses an answer of which it cannot tell the end", () => {
    assert.throws(() => heardOf("http", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", 1000), /length/)
  })

  it("tells replies of Redis by their first word", () => {
    const bytes =
      "*3\r\n$4\r\nHeld\r\n$3\r\n1,2\r\n$1\r\n0\r\n$5\r\nSL-\r\n\r\n$-1\r\n+OK\r\n-NOSCRIPT no\r\n*1\r\n*0\r\n:1\r\n" +
      "*1\r\n*2\r\n$4\r\nFull\r\n$1\r\n0\r\n"
    for (const length of pieces) {
      assert.deepStrictEqual(
        heardOf("resp", bytes, length).map(([kind]) => kind),
        ["Held", "value", "none", "OK", "NOSCRIPT no", "list", "value", "Full"]
      )
    }
  })

  it("tells how remote calls ended and which, in whatever frames they come", () => {
    const success = "{\"_tag\":\"Exit\",\"requestId\":\"7\",\"exit\":{\"_tag\":\"Success\",\"value\":{}}}\n"
    const failure =
      "{\"_tag\":\"Exit\",\"requestId\":\"8\",\"exit\":{\"_tag\":\"Failure\",\"cause\":[{\"_tag\":\"Fail\"," +
      "\"error\":{\"trainId\":\"1\",\"_tag\":\"SoldOut\"}}]}}\n"
    const bytes = "HTTP/1.1 101 Switching Protocols\r\n\r\n" + frame("", 9) + frame(success + failure) + frame(success)
    for (const length of pieces) {
      assert.deepStrictEqual(heardOf("websocket", bytes, length), [
        ["101", undefined],
        ["Success", "7"],
        ["SoldOut", "8"],
        ["Success", "7"]
      ])
    }
  })
})

describe("what the driver sends", () => {
  it("is HTTP with the length of the body in bytes", () => {
    const request = httpRequest({ url: "http://127.0.0.1:1", method: "POST", path: "/x", body: { name: "é" } })
    assert.strictEqual(
      String(request),
      "POST /x HTTP/1.1\r\nhost: 127.0.0.1:1\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{\"name\":\"é\"}"
    )
  })

  it("is a masked frame of which the mask changes nothing", () => {
    const short = Buffer.from(rpcFrame(1, "A", 1))
    assert.deepStrictEqual([...short.subarray(0, 6)], [0x81, 0x80 | short.length - 6, 0, 0, 0, 0])
    const long = Buffer.from(rpcFrame(1, "A", "x".repeat(300)))
    assert.deepStrictEqual([long[1], long.readUInt16BE(2)], [0x80 | 126, long.length - 8])
  })

  it("is a command of Redis with bytes as they are", () => {
    const command = Buffer.from(respCommand(["SET", 1, Uint8Array.of(255, 13)]))
    assert.strictEqual(command.toString("latin1"), "*3\r\n$3\r\nSET\r\n$1\r\n1\r\n$2\r\n\xff\r\r\n")
  })
})

describe("figures", () => {
  it("have the quantile that so many do not exceed", () => {
    const hundred = Array.from({ length: 100 }, (_, n) => n + 1)
    assert.deepStrictEqual([0.5, 0.99, 0.999, 1].map((share) => quantile(hundred, share)), [50, 99, 100, 100])
    assert.strictEqual(quantile([3], 0.99), 3)
  })

  it("have the median of even and odd counts in any order", () => {
    assert.strictEqual(median([3, 1, 2]), 2)
    assert.strictEqual(median([4, 1, 3, 2]), 2.5)
  })

  it("meet aim and floor by the median, whichever way is better", () => {
    const fast = rate("fast", [90, 110, 100], "x/s", { aim: 105, floor: 100 })
    assert.deepInclude(fast, { value: 100, lowest: 90, highest: 110, aimMet: false, floorMet: true })
    const slow = cost("slow", [12], "ms", { aim: 12, floor: 10 })
    assert.deepInclude(slow, { value: 12, aimMet: true, floorMet: false })
    assert.deepInclude(cost("stated", [1], "µs"), { aim: null, aimMet: null, floorMet: null })
  })

  it("are compared repeat by repeat", () => {
    assert.deepStrictEqual(ratios([10, 30], [5, 10]), [2, 3])
  })
})

describe("what the bench writes", () => {
  const measured = [
    rate("first < & \"", [2, 4, 3], "×", { aim: 4, floor: 1 }),
    cost("second", [0], "ms", { note: "nothing" })
  ]

  it("is read back by its schema", () => {
    const results: Results = {
      at: "2026-11-22T00:00:00.000Z",
      command: "npm run bench",
      machine: { cpus: 2, model: "", memoryGiB: 8, node: "v24.0.0" },
      redis: null,
      durations: [{ section: "one", seconds: 1.5, load: 0.3, failure: null }],
      sections: measured.map((measurement) => ({ section: "one", ...measurement }))
    }
    assert.deepStrictEqual(Schema.decodeSync(Schema.fromJsonString(Results))(formatResults(results)), results)
  })

  it("is kept with the project in that form", () => {
    const kept = Schema.decodeSync(Schema.fromJsonString(Results))(readProjectFile("bench/results/latest.json"))
    assert.isAbove(kept.sections.length, 0)
    assert.notMatch(kept.command, /[/\\]/)
  })

  it("is what docs/performance.md shows", () => {
    const kept = Schema.decodeSync(Schema.fromJsonString(Results))(readProjectFile("bench/results/latest.json"))
    const document = readProjectFile("docs/performance.md")
    assert.strictEqual(document, withTable(document, kept))
    assert.throws(() => withTable("a document without a place for it", kept), /no place/)
  })

  it("names files without the folders of this machine", () => {
    assert.strictEqual(
      commandOf(["--quick", "rpc", "--feed", "feed.zip"]),
      "npm run bench -- --quick rpc --feed feed.zip"
    )
    assert.strictEqual(commandOf(["--feed", "/home/me/feed.zip"]), "npm run bench -- --feed feed.zip")
    assert.strictEqual(commandOf(["--feed=../data/feed.zip"]), "npm run bench -- --feed=feed.zip")
    assert.strictEqual(commandOf(["--profile", "/tmp/profiles/"]), "npm run bench -- --profile profiles")
  })

  it("is drawn with each figure, its goals and its spread, inside the picture", () => {
    const svg = chart("Title", measured)
    for (
      const text of ["first &lt; &amp; &quot;", "3 × (2–4) · aim 4 · floor 1", "second", "prefers-color-scheme:dark"]
    ) {
      assert.include(svg, text)
    }
    const numbers = Array.from(svg.matchAll(/ (?:x|width)="([^"]*)"/g), ([, number]) => Number(number))
    assert.isTrue(numbers.every((number) => number >= 0 && number <= 760))
    assert.strictEqual(svg.match(/class="aim"/g)?.length, 1)
  })
})
