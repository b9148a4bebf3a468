import type { Protocol } from "./Job.ts"

/** Tells the answers in what a connection receives; `id` names the call where answers come in any order. */
export interface Answers {
  /** Takes what was received, as bytes of one character each. */
  take(chunk: string, answered: (kind: string, id: string | undefined) => void): void
}

const http = (): Answers => {
  let text = ""
  return {
    take: (chunk, answered) => {
      text += chunk
      for (;;) {
        const end = text.indexOf("\r\n\r\n")
        if (end < 0) return
        const head = text.slice(0, end)
        const status = head.slice(9, 12)
        const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
        const hasBody = status !== "204" && status !== "304" && status !== "101"
        if (hasBody && length === undefined) throw new Error(`an answer without a length: ${head}`)
        const total = end + 4 + (hasBody ? Number(length) : 0)
        if (text.length < total) return
        text = text.slice(total)
        answered(status, undefined)
      }
    }
  }
}

/** Where the reply that begins at `from` ends, or -1 while it is not whole. */
const replyEnd = (text: string, from: number): number => {
  const lineEnd = text.indexOf("\r\n", from)
  if (lineEnd < 0) return -1
  const kind = text[from]
  if (kind !== "$" && kind !== "*") return lineEnd + 2
  const count = Number(text.slice(from + 1, lineEnd))
  let end = lineEnd + 2
  if (kind === "$") {
    if (count >= 0) end += count + 2
    return end <= text.length ? end : -1
  }
  for (let n = 0; n < count && end >= 0; n++) end = replyEnd(text, end)
  return end
}

/** `-ERR …` and `+OK` as they are; of a list, or of the first list in it, the first text; else whether there is a value. */
const replyKind = (reply: string): string => {
  if (reply[0] === "-" || reply[0] === "+") return reply.slice(1, reply.indexOf("\r\n"))
  if (reply[0] === "*") return /^(?:\*\d+\r\n)+\$\d+\r\n([^\r]*)/.exec(reply)?.[1] ?? "list"
  return reply.startsWith("$-1") ? "none" : "value"
}

const resp = (): Answers => {
  let text = ""
  return {
    take: (chunk, answered) => {
      text += chunk
      let from = 0
      for (let end = replyEnd(text, from); end >= 0 && from < text.length; end = replyEnd(text, from)) {
        answered(replyKind(text.slice(from, end)), undefined)
        from = end
      }
      text = text.slice(from)
    }
  }
}

const textFrame = 1

/** The frame at the start, or undefined while it is not whole. A server's frames are not masked. */
const firstFrame = (bytes: string) => {
  const short = bytes.charCodeAt(1) & 127
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  if (bytes.length < 2 + lengthBytes) return undefined
  let length = lengthBytes === 0 ? short : 0
  for (let n = 0; n < lengthBytes; n++) length = length * 256 + bytes.charCodeAt(2 + n)
  const total = 2 + lengthBytes + length
  return bytes.length < total
    ? undefined
    : { opcode: bytes.charCodeAt(0) & 15, payload: bytes.slice(2 + lengthBytes, total), total }
}

/** How a remote call ended: `Success`, or the `_tag` of what it was refused with. */
const exitKind = (line: string): string =>
  line.includes("\"exit\":{\"_tag\":\"Success\"")
    ? "Success"
    : /"error":\{.*?"_tag":"(\w+)"/.exec(line)?.[1] ?? "Defect"

const websocket = (): Answers => {
  const opening = http()
  let opened = false
  let bytes = ""
  return {
    take: (chunk, answered) => {
      bytes += chunk
      if (!opened) {
        // Whatever follows the opening's head belongs to the frames.
        const end = bytes.indexOf("\r\n\r\n") + 4
        if (end < 4) return
        opened = true
        opening.take(bytes.slice(0, end), answered)
        bytes = bytes.slice(end)
      }
      for (let frame = firstFrame(bytes); frame !== undefined; frame = firstFrame(bytes)) {
        bytes = bytes.slice(frame.total)
        for (const line of frame.opcode === textFrame ? frame.payload.split("\n") : []) {
          if (line.includes("\"_tag\":\"Exit\"")) {
            answered(exitKind(line), /"requestId":"?(\w+)/.exec(line)?.[1])
          }
        }
      }
    }
  }
}

const protocols: Readonly<Record<Protocol, () => Answers>> = { http, resp, websocket }

export const answersOf = (protocol: Protocol): Answers => protocols[protocol]()
