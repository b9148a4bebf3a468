import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { HttpAuth } from "./Auth.ts"
import { BookingCursor } from "./BookingCursor.ts"
import { Erasure, JourneysAhead, PersonalData, PersonNotFound } from "./PersonalData.ts"
import { Forbidden } from "./RequestErrors.ts"
import { StoreUnavailable } from "./ServiceErrors.ts"
import { UserId } from "./UserId.ts"

export const exportErrors = [PersonNotFound, Forbidden, StoreUnavailable] as const

export const eraseErrors = [...exportErrors, JourneysAhead] as const

const page = { query: { cursor: Schema.optionalKey(BookingCursor) } }

const person = { params: { userId: UserId } }

/** What is held on a person, for the person, and for an admin whom somebody asks in writing. */
export class PrivacyApi extends HttpApiGroup.make("privacy").add(
  HttpApiEndpoint.get("exportMine", "/me/export", { ...page, success: PersonalData, error: exportErrors }),
  HttpApiEndpoint.delete("eraseMine", "/me", { success: Erasure, error: eraseErrors }),
  HttpApiEndpoint.get("exportPerson", "/admin/people/:userId/export", {
    ...person,
    ...page,
    success: PersonalData,
    error: exportErrors
  }),
  HttpApiEndpoint.delete("erasePerson", "/admin/people/:userId", { ...person, success: Erasure, error: eraseErrors })
).prefix("/api").middleware(HttpAuth) {}
