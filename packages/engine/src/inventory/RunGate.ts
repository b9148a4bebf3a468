/** What a run's META in Redis must say before a script acts: written `epoch:version` in the field `gate`. */
export interface RunGate {
  /** Raised by each rebuild; a hold of an older epoch cannot be committed. */
  readonly epoch: number
  /** The seat configuration that the run's masks show. */
  readonly version: number
}
