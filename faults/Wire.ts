/** A call to a store that a proxy recognises. */
export interface Call {
  /** A script's name, or the name that `PostgresWire` has for a statement. */
  readonly step: string
  /** Whether its effect is there for others once the store has carried it out: a COMMIT, or a statement without a transaction. */
  readonly commits: boolean
}

/** What a client sent that the store answers as one. */
export interface Request {
  readonly bytes: Buffer
  readonly call: Call | undefined
  /** Whether an answer that ends belongs to it. */
  readonly answered: boolean
}

export interface Answer {
  readonly bytes: Buffer
  /** Whether it is the last part of what a request is answered. */
  readonly ends: boolean
}

/** Cuts the two streams of one connection into requests and answers. */
export interface Wire {
  readonly requests: (chunk: Buffer) => ReadonlyArray<Request>
  readonly answers: (chunk: Buffer) => ReadonlyArray<Answer>
}

/** A stream that nobody looks into. */
export const rawWire = (): Wire => ({
  requests: (bytes) => [{ bytes, call: undefined, answered: false }],
  answers: (bytes) => [{ bytes, ends: false }]
})
