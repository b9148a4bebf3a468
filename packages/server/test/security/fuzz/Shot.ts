/** How the server took a request. */
export interface Seen {
  /** In a word, for the summary: `400 InvalidRequest`. */
  readonly outcome: string
  /** What is wrong with it, if anything is. */
  readonly fault?: string
  /** The beginning of what came back. */
  readonly text: string
}

/** A request that is about to be sent. */
export interface Shot {
  readonly name: string
  /** What is sent, for whoever reads of a fault. */
  readonly sent: string
  send(): Promise<Seen>
}

/** Time for an answer; whoever takes longer is said to hang. */
export const answerMillisMax = 20_000

const excerptLength = 300

export const excerpt = (text: string): string => JSON.stringify(text.slice(0, excerptLength))

/** Signs that an answer tells of the inside of the program. */
export const revealing =
  /\bat \S+ \(?(?:file:|node:|\/)\S+:\d+|node_modules|SqlError|PostgresError|ReplyError|ECONNREFUSED/
