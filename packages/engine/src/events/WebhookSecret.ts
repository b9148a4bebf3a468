import { Redacted } from "effect"
import { createHmac } from "node:crypto"

/** What stands before a secret, as Standard Webhooks has it. */
const prefix = "whsec_"

/** A secret as it is shown: its bytes in base64. */
export const shownSecret = (secretHex: Redacted.Redacted): Redacted.Redacted =>
  Redacted.make(`${prefix}${Buffer.from(Redacted.value(secretHex), "hex").toString("base64")}`, { label: "secret" })

/** What a call is signed with: its id, its time and its body, so that none of them can be replaced. */
export const signature = (
  secretHex: Redacted.Redacted,
  { body, id, timestamp }: { readonly id: string; readonly timestamp: number; readonly body: string }
): string =>
  `v1,${
    createHmac("sha256", Buffer.from(Redacted.value(secretHex), "hex")).update(`${id}.${timestamp}.${body}`).digest(
      "base64"
    )
  }`
