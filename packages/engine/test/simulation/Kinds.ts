import type { Chance } from "./Chance.ts"

/** How often each thing happens, beside others. A seed leaves out half of those of the second kind. */
const always = { book: 14, repeat: 6, cancel: 7, promote: 4, sweep: 3 } as const
const sometimes = {
  release: 3,
  edit: 4,
  apply: 3,
  rebuild: 2,
  load: 2,
  reconcile: 1,
  crash: 2,
  remember: 3,
  rollBack: 2,
  empty: 1,
  lookAtRedis: 3,
  misuse: 2
} as const

/** What may happen in a simulation. */
export type Kind = keyof typeof always | keyof typeof sometimes

const isKind = (name: string): name is Kind => name in always || name in sometimes

const timesEach = (weights: Readonly<Record<string, number>>): Array<Kind> =>
  Object.entries(weights).flatMap(([name, times]) => isKind(name) ? Array.from({ length: times }, () => name) : [])

/** The kinds of a seed, each as many times as it weighs. */
export const kindsOf = (chance: Chance): ReadonlyArray<Kind> => [
  ...timesEach(always),
  ...timesEach(Object.fromEntries(Object.entries(sometimes).filter(() => chance.happens(0.5))))
]
