import type { RunPreparing, StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer } from "effect"
import { type GatewayJob, PaymentRecords } from "../ledger/PaymentRecords.ts"
import { type GatewayUnavailable, Payments } from "./Payments.ts"
import { Settlement, toGatewayPayment } from "./Settlement.ts"

/** Jobs claimed and done at once, so that they are done before another may claim them. */
const jobsMax = 16

/** How often the gateway is asked after a payment whose hold has ended, about half an hour, before it is called off. */
const askedMax = 12

/** How often a job is tried before its failures are worth a warning, about five minutes. */
const quietMax = 5

/**
 * Tells the gateway what the record says it must be told, and asks it what the record does not know yet. A job is repeated
 * until it is done; two at once do no harm, because the gateway knows each call by its id and the record notes each once.
 */
export class GatewayJobs extends Context.Service<GatewayJobs, {
  /** Does what is due. */
  readonly work: Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/payment/GatewayJobs") {
  static readonly layer = Layer.effect(GatewayJobs, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const gateway = yield* Payments
  const records = yield* PaymentRecords
  const { settle } = yield* Settlement

  const work = (job: GatewayJob): Effect.Effect<unknown, GatewayUnavailable | RunPreparing | StoreUnavailable> => {
    const payment = toGatewayPayment(job.payment)
    switch (job.fact) {
      case "authorise":
        return job.attempts > askedMax && !job.held ? records.giveUp(job.payment.id) : settle(job.payment)
      case "capture":
        return Effect.andThen(gateway.capture(payment), records.done(job.id))
      case "void":
        return Effect.andThen(
          gateway.refund({ ...payment, id: `${payment.id}-void`, of: payment }),
          records.done(job.id)
        )
      case "refund":
        return job.refund === null
          ? Effect.die(new Error(`job ${job.id} has no refund`))
          : Effect.andThen(
            gateway.refund({ ...toGatewayPayment(job.refund), of: payment }),
            records.done(job.id)
          )
    }
  }

  // What was not done is due again by itself.
  const workOne = (job: GatewayJob) =>
    work(job).pipe(
      Effect.catchTags({
        GatewayUnavailable: ({ message }) =>
          job.attempts > quietMax ? Effect.logWarning(message) : Effect.logDebug(message),
        RunPreparing: ({ detail }) => Effect.logDebug(detail)
      }),
      Effect.catchCause((cause) => Effect.logWarning(`Could not ${job.fact} for booking ${job.payment.pnr} yet`, cause))
    )

  const workAll = Effect.flatMap(
    records.claim(jobsMax),
    (jobs) => Effect.as(Effect.forEach(jobs, workOne, { concurrency: jobsMax, discard: true }), jobs.length)
  )

  return GatewayJobs.of({
    work: Effect.repeat(workAll, { while: (count) => count === jobsMax }).pipe(
      Effect.asVoid,
      Effect.withSpan("GatewayJobs.work")
    )
  })
})
