import { Effect } from "effect"
import { openFeed } from "../../src/timetable/FeedFiles.ts"
import { readFeed } from "../../src/timetable/FeedReader.ts"
import { feedTrains } from "../../src/timetable/FeedTrains.ts"
import { tripPaths } from "../../src/timetable/TripPaths.ts"
import { feedFolder, type FeedText, smallFeed } from "./FeedForTests.ts"

/** The trains of the small feed with some of its files replaced and others left out. */
export const readTrains = Effect.fnUntraced(function*(changes: FeedText, without: ReadonlyArray<string> = []) {
  const files = Object.entries({ ...smallFeed, ...changes }).filter(([file]) => !without.includes(file))
  const feed = yield* readFeed(yield* openFeed(yield* feedFolder(Object.fromEntries(files))), () => Effect.void)
  const paths = tripPaths(feed)
  const warnings: Array<string> = []
  const trains = feedTrains(feed, paths.trips, (warning) => warnings.push(warning))
  yield* feed.log.failIfAny
  return { feed, paths, trains, warnings, skipped: feed.skips.toRecord() }
})
