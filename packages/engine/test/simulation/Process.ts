/** A server or scheduler: what it remembers is lost when it dies, and what it asked may still take effect. */
export interface Process {
  readonly name: string
  alive: boolean
}
