/** The process that drives what is measured: it takes jobs from the bench, one after the other, and tells what came of each. */
import type { Job } from "./Job.ts"
import { run } from "./Load.ts"

process.on("message", (job: Job) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) })
  )
})
process.once("disconnect", () => process.exit(0))
