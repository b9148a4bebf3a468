import type { Answer, Call, Request, Wire } from "./Wire.ts"

/** Statements of the engine by what is done with them; whatever else is sent is called `statement`. */
const steps: ReadonlyArray<readonly [step: string, text: RegExp]> = [
  ["commit booking", /commit_(?:seated|bookings(?:_for_others)?)\(/],
  ["commit held booking", /commit_held_booking\(/],
  ["commit promotion", /commit_promotion\(/],
  ["begin payment", /begin_payment\(/],
  ["answer payment", /answer_payment\(/],
  ["claim gateway jobs", /claim_gateway_jobs\(/],
  ["note gateway job", /note_gateway_job_done\(/],
  ["expire holds", /expire_holds\(/],
  ["cancel booking", /cancel_and_pay_back\(/],
  ["note freed", /UPDATE sale SET freeing = false WHERE id IN/],
  ["note left", /UPDATE waitlist_entry SET leaving = false WHERE pnr/],
  ["read waitlist", /FROM waitlist_entry w\s+JOIN booking b USING \(pnr\)\s+CROSS JOIN/],
  ["read hold facts", /FROM idempotency_key k JOIN booking/],
  ["read key", /FROM idempotency_key/],
  ["lock run", /SELECT pg_advisory_xact_lock\(id\)/],
  ["raise epoch", /SET epoch = r\.epoch \+ 1/],
  ["open run", /SET state = 'OPEN'/],
  ["note applied", /SET applied_version = n\.version/],
  ["ask outcome", /pg_xact_status/],
  ["listen", /^\s*LISTEN\b/i]
]

const cancelRequestCode = 80_877_102
const sslRequestCode = 80_877_103

const textAt = (message: Buffer, from: number): string => message.toString("utf8", from, message.indexOf(0, from))

/** Frontend and backend messages of PostgreSQL's protocol 3; encryption is not asked for on this machine. */
export const postgresWire = (): Wire => {
  let unread: Buffer = Buffer.alloc(0)
  let unheard: Buffer = Buffer.alloc(0)
  let started = false
  let parts: Array<Buffer> = []
  let texts: Array<string> = []
  let transaction: string | undefined
  const prepared = new Map<string, string>()

  const callOf = (): Call | undefined => {
    const text = texts.join(";")
    texts = []
    if (text === "") return undefined
    if (/^\s*(?:BEGIN|START)\b/i.test(text)) {
      transaction = "statement"
      return { step: "begin", commits: false }
    }
    if (/^\s*(?:COMMIT|ROLLBACK)\b/i.test(text)) {
      const step = transaction ?? "statement"
      transaction = undefined
      return { step, commits: /^\s*COMMIT\b/i.test(text) }
    }
    const step = steps.find(([, pattern]) => pattern.test(text))?.[0] ?? "statement"
    if (transaction !== undefined && step !== "statement") transaction = step
    return { step, commits: transaction === undefined }
  }

  const group = (answered: boolean): Request => {
    const bytes = Buffer.concat(parts)
    parts = []
    return { bytes, call: callOf(), answered }
  }

  const noteText = (type: string, message: Buffer): void => {
    if (type === "Q") texts.push(textAt(message, 5))
    if (type === "P") {
      const name = textAt(message, 5)
      const text = textAt(message, 5 + Buffer.byteLength(name) + 1)
      prepared.set(name, text)
    }
    if (type === "B") {
      const portal = textAt(message, 5)
      texts.push(prepared.get(textAt(message, 5 + Buffer.byteLength(portal) + 1)) ?? "")
    }
  }

  const requests = (chunk: Buffer): ReadonlyArray<Request> => {
    const found: Array<Request> = []
    unread = Buffer.concat([unread, chunk])
    for (;;) {
      const header = started ? 1 : 0
      if (unread.length < header + 4) return found
      const end = header + unread.readInt32BE(header)
      if (unread.length < end) return found
      const message = unread.subarray(0, end)
      unread = unread.subarray(end)
      parts.push(message)
      if (started) {
        const type = String.fromCharCode(message[0] ?? 0)
        noteText(type, message)
        if (type === "S" || type === "Q") found.push(group(true))
        else if (type === "p" || type === "X" || type === "H") found.push(group(false))
      } else {
        const code = message.length >= 8 ? message.readInt32BE(4) : 0
        if (code === sslRequestCode) throw new Error("encryption was asked for on loopback")
        started = code !== cancelRequestCode
        found.push(group(started))
      }
    }
  }

  const answers = (chunk: Buffer): ReadonlyArray<Answer> => {
    const found: Array<Answer> = []
    unheard = Buffer.concat([unheard, chunk])
    let at = 0
    let from = 0
    while (unheard.length >= at + 5) {
      const end = at + 1 + unheard.readInt32BE(at + 1)
      if (unheard.length < end) break
      const ready = unheard[at] === 0x5A
      at = end
      if (ready) {
        found.push({ bytes: unheard.subarray(from, at), ends: true })
        from = at
      }
    }
    if (at > from) found.push({ bytes: unheard.subarray(from, at), ends: false })
    unheard = unheard.subarray(at)
    return found
  }

  return { requests, answers }
}
