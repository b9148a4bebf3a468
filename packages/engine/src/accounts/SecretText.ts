import { Effect, Redacted } from "effect"
import { hash, randomBytes } from "node:crypto"

/** 256 bits: nobody guesses one, so that a plain hash of it may be kept and looked up. */
const secretBytes = 32

/** Makes a secret that is shown once: a prefix that says whose it is, and 43 letters. */
export const makeSecret = (prefix: string): Effect.Effect<Redacted.Redacted> =>
  Effect.sync(() => Redacted.make(`${prefix}${randomBytes(secretBytes).toString("base64url")}`, { label: "secret" }))

/** What is kept of a secret: its SHA-256, in hexadecimal. */
export const secretHash = (secret: Redacted.Redacted): string => textHash(Redacted.value(secret))

/** The same of a secret that is nowhere else, as one that comes with a call. */
export const textHash = (secret: string): string => hash("sha256", secret, "hex")
