/** `npm run bench`: measures on this machine; see bench/README.md. */
import { parseArgs } from "node:util"
import { efforts } from "./Effort.ts"
import { Report } from "./Report.ts"
import { sections } from "./Sections.ts"
import { withStand } from "./Stand.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean" },
    full: { type: "boolean" },
    feed: { type: "string" },
    profile: { type: "string" },
    docs: { type: "boolean" },
    help: { type: "boolean" }
  }
})

const effort = values.quick === true ? efforts.quick : values.full === true ? efforts.full : efforts.usual
const names = Object.keys(sections)
const unknown = positionals.filter((name) => !names.includes(name))
if (values.help === true || unknown.length > 0) {
  console.log(
    `npm run bench -- [--quick | --full] [--feed FEED.zip] [--profile FOLDER] [--docs] [${names.join("] [")}]`
  )
  process.exit(unknown.length > 0 ? 2 : 0)
}

const chosen = Object.entries(sections).filter(([name, { needs }]) =>
  positionals.length > 0
    ? positionals.includes(name)
    : needs === undefined || (needs === "feed" ? values.feed !== undefined : effort.name === "full")
)

const complete = await withStand({ effort, feed: values.feed, profiles: values.profile }, async (stand) => {
  const report = new Report((await stand.redis()).name)
  for (const [section, { load, title }] of chosen) await report.add(section, title, async () => (await load())(stand))
  if (values.docs === true) report.writeDocument()
  return report.finish()
})
// What a section that failed has left open is not waited for.
process.exit(complete ? 0 : 1)
