import { Effect, Option, Schema } from "effect"

const Message = Schema.fromJsonString(Schema.Struct({
  id: Schema.String,
  kind: Schema.String,
  pnr: Schema.optionalKey(Schema.String),
  passengers: Schema.Json
}))
const decodeMessage = Schema.decodeUnknownOption(Message)

const fieldOf = (lines: string, name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(lines)?.[1]

/** Reads server-sent events as a browser would: it remembers the last id, and listeners hear of messages with data only. */
export const eventSource = Effect.fnUntraced(function*(url: string, headers: Readonly<Record<string, string>> = {}) {
  const response = yield* Effect.acquireRelease(
    Effect.promise(() => fetch(url, { headers })),
    ({ body }) => Effect.promise(async () => body?.locked === true ? undefined : body?.cancel())
  )
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  yield* Effect.addFinalizer(() => Effect.promise(async () => reader?.cancel()))
  let text = ""
  let lastId = ""

  const block = Effect.promise(async () => {
    while (!text.includes("\n\n")) {
      const { done, value } = await reader?.read() ?? { done: true, value: undefined }
      if (done) return undefined
      text += value ?? ""
    }
    const [first = "", ...rest] = text.split("\n\n")
    text = rest.join("\n\n")
    return first
  })
  /** The id that comes before any event. */
  const start = Effect.map(block, (lines) => {
    lastId = fieldOf(lines ?? "", "id") ?? lastId
    return lastId
  })
  const next: Effect.Effect<Option.Option<typeof Message.Type>> = Effect.gen(function*() {
    const lines = yield* block
    if (lines === undefined) return Option.none()
    lastId = fieldOf(lines, "id") ?? lastId
    const data = fieldOf(lines, "data")
    return data === undefined ? yield* next : decodeMessage(data)
  })
  return { response, start, next, lastId: () => lastId }
})
