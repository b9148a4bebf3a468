import { Schema } from "effect"

export const EmbeddedStoreName = Schema.Literals(["PostgreSQL", "Redis"])
export type EmbeddedStoreName = typeof EmbeddedStoreName.Type

export const EmbeddedStoreReason = Schema.Literals([
  "BinaryMissing",
  "FolderInUse",
  "FolderNotWritable",
  "FolderPrivate",
  "PasswordMissing",
  "PortInUse",
  "StartFailed",
  "Stopped",
  "Timeout"
])
export type EmbeddedStoreReason = typeof EmbeddedStoreReason.Type

/** An embedded store that could not be started, or that ended while it was needed. `message` says what to do next. */
export class EmbeddedStoreError extends Schema.TaggedError<EmbeddedStoreError>()("EmbeddedStoreError", {
  store: EmbeddedStoreName,
  reason: EmbeddedStoreReason,
  /** What the reason is about: a port, a folder, a platform, a process id, or what the store said. */
  subject: Schema.String
}) {
  override get message(): string {
    const variable = this.store === "PostgreSQL" ? "DATABASE_URL" : "REDIS_URI"
    switch (this.reason) {
      case "BinaryMissing":
        return this.store === "PostgreSQL"
          ? `No PostgreSQL for ${this.subject} is installed: run npm ci with optional dependencies, or set DATABASE_URL.`
          : `${this.subject} is not on the PATH: install it, set REDIS_URI, or let Berth use its own store in memory.`
      case "FolderInUse":
        return `Another Berth (process ${this.subject}) uses this data folder: stop it, or set BERTH_DATA_DIR to another.`
      case "FolderNotWritable":
        return `Berth can't write to ${this.subject}: make it writable, or set BERTH_DATA_DIR to a folder that is.`
      case "FolderPrivate":
        return `PostgreSQL must not run as root, and no other user can reach ${this.subject}: ` +
          `install setpriv (util-linux), start Berth as an ordinary user, or set ${variable}.`
      case "PasswordMissing":
        return `${this.subject} is gone, and with it the password of the data beside it: restore the file, or remove that data.`
      case "PortInUse":
        return `Port ${this.subject} for ${this.store} is taken: stop the program that has it, or choose another port.`
      case "StartFailed":
        return `${this.store} did not start, look at this or set ${variable}: ${this.subject}`
      case "Stopped":
        return `${this.store} has stopped by itself, start Berth again: ${this.subject}`
      case "Timeout":
        return `${this.store} was started but does not answer, look at this or set ${variable}: ${this.subject}`
    }
  }
}
