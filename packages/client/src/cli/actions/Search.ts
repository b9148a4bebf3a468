import { StationList } from "@berth/domain/Train"
import { Effect } from "effect"
import { answer } from "../Documents.ts"
import { line, span } from "../Line.ts"
import { withProgress } from "../Progress.ts"
import { client } from "../Session.ts"
import { table } from "../Table.ts"

export const run = Effect.fnUntraced(function*({ text }: { readonly text: string }) {
  const berth = yield* client
  const stations = yield* withProgress("Looking for stations")(berth.stations({ query: text }))
  yield* answer(StationList, { stations }, (width) =>
    stations.length === 0
      ? [line(`No station has "${text}" in its code or name.`)]
      : table(
        [{ title: "Code" }, { title: "Station", widthMin: 10 }],
        stations.map(({ code, name }) => [line(span(code, "bold")), line(name)]),
        width
      ))
}, Effect.scoped)
