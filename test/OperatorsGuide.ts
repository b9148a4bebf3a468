import { readProjectFile } from "./ProjectFiles.ts"

const guide = readProjectFile("docs/operating.md")

/** First cells of the guide's tables, of the rows that match. */
export const listed = (row: RegExp): ReadonlyArray<string> =>
  [...guide.matchAll(row)].map(([, name]) => name ?? "").toSorted()

/** The metrics that the guide names. */
export const metricsOfGuide = listed(/^\| `(berth_[a-z_]+)` \| (?:histogram|gauge|counter) \|/gm)
