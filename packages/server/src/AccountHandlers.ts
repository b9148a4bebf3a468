import { CurrentSession } from "@berth/domain/AccountAuth"
import { BerthApi } from "@berth/domain/BerthApi"
import { Accounts } from "@berth/engine/accounts/Accounts"
import { ProgramTokens } from "@berth/engine/accounts/ProgramTokens"
import { type Holder, Sessions } from "@berth/engine/accounts/Sessions"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Tokens } from "./Tokens.ts"

const own = <A, E>(use: (holder: Holder) => Effect.Effect<A, E>) => Effect.flatMap(CurrentSession, use)

/** A person's own account. */
export const layer = HttpApiBuilder.group(
  BerthApi,
  "account",
  Effect.fn(function*(handlers) {
    const accounts = yield* Accounts
    const programs = yield* ProgramTokens
    const sessions = yield* Sessions
    const tokens = yield* Tokens

    /** For what ends sessions or tokens: this server shows it at once, every other within a second. */
    const ownNow = <A, E>(use: (holder: Holder) => Effect.Effect<A, E>) =>
      own((holder) => Effect.tap(use(holder), tokens.forget(holder.userId)))

    return handlers.handleAll({
      account: () => own(({ userId }) => accounts.read(userId)),
      signOut: () => ownNow((holder) => sessions.end(holder)),
      signOutEverywhere: () => ownNow(({ userId }) => sessions.endAll(userId)),
      changePassword: ({ payload }) => ownNow((holder) => accounts.changePassword(holder, payload)),
      enrolTotp: ({ payload }) => own((holder) => accounts.enrolTotp(holder, payload.password)),
      confirmTotp: ({ payload }) => own((holder) => accounts.confirmTotp(holder, payload.code)),
      removeTotp: ({ payload }) => own((holder) => accounts.removeTotp(holder, payload)),
      programTokens: () => own(({ userId }) => Effect.map(programs.list(userId), (list) => ({ tokens: list }))),
      makeProgramToken: ({ payload }) => own((holder) => programs.make(holder, payload)),
      revokeProgramToken: ({ params }) => ownNow(({ userId }) => programs.revoke(userId, params.id)),
      grantRole: ({ params, payload }) =>
        own((holder) => Effect.tap(accounts.grantRole(holder, { ...params, ...payload }), tokens.forget(params.userId)))
    })
  })
)
