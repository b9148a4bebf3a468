import * as Predicate from "effect/Predicate"

/** Exit statuses of the command line, by kind of failure. */
export const exitStatus = {
  done: 0,
  fault: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  unauthorized: 5,
  unavailable: 6,
  notUnderstood: 7,
  interrupted: 130,
  outputClosed: 141
} as const

/** What each status means, as help and documentation say it. */
export const exitStatusMeanings: ReadonlyArray<readonly [status: number, meaning: string]> = [
  [exitStatus.done, "done"],
  [exitStatus.fault, "a fault of berth itself"],
  [exitStatus.usage, "wrong usage, or a value that the server does not take"],
  [exitStatus.notFound, "no such train, station or booking"],
  [exitStatus.refused, "refused: sold out, or the rules forbid it"],
  [exitStatus.unauthorized, "no token, a wrong one, or not allowed"],
  [exitStatus.unavailable, "the server or a store of its is away or busy; try again later"],
  [exitStatus.notUnderstood, "an answer that is not Berth's, or of another version"],
  [exitStatus.interrupted, "ended by Ctrl-C"]
]

const ofHttpStatus = (status: number): number => {
  if (status === 401 || status === 403) return exitStatus.unauthorized
  if (status === 404) return exitStatus.notFound
  if (status === 409 || status === 410 || status === 412 || status === 422) return exitStatus.refused
  if (status === 429 || status >= 500) return exitStatus.unavailable
  return exitStatus.usage
}

/** The status with which berth ends after a failure; problems of the server are told apart by their HTTP status. */
export const exitStatusOf = (error: unknown): number => {
  if (!Predicate.hasProperty(error, "_tag")) return exitStatus.fault
  if (error._tag === "ConnectionFailed") {
    return Predicate.hasProperty(error, "reason") && error.reason === "notUnderstood"
      ? exitStatus.notUnderstood
      : exitStatus.unavailable
  }
  if (Predicate.hasProperty(error, "exitStatus") && Predicate.isNumber(error.exitStatus)) return error.exitStatus
  return Predicate.hasProperty(error, "status") && Predicate.isNumber(error.status)
    ? ofHttpStatus(error.status)
    : exitStatus.fault
}
