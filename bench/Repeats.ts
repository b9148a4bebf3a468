import type { Effort } from "./Effort.ts"

/** Measures as often as the effort asks for. */
export const repeated = async <A>({ repeats }: Pick<Effort, "repeats">, measure: (n: number) => Promise<A>) => {
  const results: Array<A> = []
  for (let n = 0; n < repeats; n++) results.push(await measure(n))
  return results
}

/**
 * Measures two in turn, and each first as often as the other: whatever the machine does meanwhile meets both, and what
 * the first leaves behind does not always burden the second.
 */
export const sideBySide = async <A, B>(
  effort: Pick<Effort, "repeats">,
  one: (n: number) => Promise<A>,
  other: (n: number) => Promise<B>
) => {
  const ones: Array<A> = []
  const others: Array<B> = []
  await repeated(effort, async (n) => {
    if (n % 2 === 1) others.push(await other(n))
    ones.push(await one(n))
    if (n % 2 === 0) others.push(await other(n))
  })
  return { ones, others }
}
