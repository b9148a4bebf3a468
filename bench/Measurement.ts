/** One measured figure, as `bench/README.md` describes it. */
export interface Measurement {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly aim: number | null
  readonly floor: number | null
  readonly aimMet: boolean | null
  readonly floorMet: boolean | null
  readonly note: string
}

interface Goals {
  readonly aim?: number
  readonly floor?: number
  readonly note?: string
}

const make = (
  name: string,
  value: number,
  unit: string,
  goals: Goals,
  meets: (goal: number) => boolean
): Measurement => ({
  name,
  value: Math.round(value * 100) / 100,
  unit,
  aim: goals.aim ?? null,
  floor: goals.floor ?? null,
  aimMet: goals.aim === undefined ? null : meets(goals.aim),
  floorMet: goals.floor === undefined ? null : meets(goals.floor),
  note: goals.note ?? ""
})

/** A rate: the more the better. */
export const rate = (name: string, value: number, unit: string, goals: Goals = {}): Measurement =>
  make(name, value, unit, goals, (goal) => value >= goal)

/** A time or an amount: the less the better. */
export const cost = (name: string, value: number, unit: string, goals: Goals = {}): Measurement =>
  make(name, value, unit, goals, (goal) => value <= goal)
