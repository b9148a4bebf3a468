/** A promise that was broken. */
export class Violation extends Error {
  readonly promise: string

  constructor(promise: string, how: string) {
    super(`${promise}: ${how}`)
    this.promise = promise
  }
}

export const violated = (promise: string, how: string): never => {
  throw new Violation(promise, how)
}
