import { Context, Effect, Layer, Schema } from "effect"
import { lookup as lookUp } from "node:dns"
import { request as requestHttp } from "node:http"
import { request as requestHttps } from "node:https"
import { isIP, type LookupFunction } from "node:net"
import { hostOf, WebhookAddresses } from "./WebhookAddresses.ts"

/** Longest that a call may take, from the look-up of its name to the status of its answer. */
const callMillisMax = 10_000

/** A webhook did not take an event. */
export class NotTaken extends Schema.TaggedError<NotTaken>()("NotTaken", { why: Schema.String }) {
  override get message(): string {
    return `A webhook did not take an event: ${this.why}`
  }
}

interface Call {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Calls to addresses that strangers have named. */
export class WebhookCalls extends Context.Service<WebhookCalls, {
  /** Posts and wants a status of 200 to 299. The rest of the answer is not read, and nobody is followed elsewhere. */
  post(call: Call): Effect.Effect<void, NotTaken>
}>()("@berth/engine/events/WebhookCalls") {
  static readonly layer = Layer.effect(WebhookCalls, Effect.suspend(() => make))
}

const notPublic = "its address is not one of the internet"

const codeOf = (error: Error): string =>
  "code" in error && typeof error.code === "string" ? error.code : "no connection"

const make = Effect.gen(function*() {
  const { isIpAllowed } = yield* WebhookAddresses

  // What is looked at here is what is connected to: a second look-up might find another address.
  const lookup: LookupFunction = (host, options, done) =>
    lookUp(host, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        return done(error, "")
      }
      const [first] = found
      if (first === undefined || !found.every(({ address }) => isIpAllowed(address))) {
        return done(new Error(notPublic), "")
      }
      return options.all === true ? done(null, found) : done(null, first.address, first.family)
    })

  const post = ({ body, headers, url }: Call) =>
    Effect.callback<void, NotTaken>((resume) => {
      const fail = (why: string) => resume(Effect.fail(new NotTaken({ why })))
      // A name that is an address is not looked up.
      if (isIP(hostOf(url)) !== 0 && !isIpAllowed(hostOf(url))) {
        return fail(notPublic)
      }
      const send = url.startsWith("https:") ? requestHttps : requestHttp
      const request = send(url, {
        method: "POST",
        lookup,
        agent: false,
        headers: { ...headers, "content-length": Buffer.byteLength(body) }
      })
      request.on("error", (error: Error) => fail(error.message === notPublic ? notPublic : codeOf(error)))
      request.on("response", (response) => {
        const { statusCode = 0 } = response
        response.destroy()
        return statusCode >= 200 && statusCode < 300
          ? resume(Effect.void)
          : fail(`it answered with status ${statusCode}`)
      })
      request.end(body)
      return Effect.sync(() => request.destroy())
    }).pipe(
      Effect.timeoutOrElse({
        duration: callMillisMax,
        orElse: () => Effect.fail(new NotTaken({ why: `it did not answer within ${callMillisMax / 1000} s` }))
      })
    )

  return WebhookCalls.of({ post })
})
