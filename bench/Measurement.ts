import { Schema } from "effect"
import { median } from "./Statistics.ts"

/** One measured figure, as `bench/README.md` describes it. */
export const Measurement = Schema.Struct({
  name: Schema.String,
  /** The median of the repeats. */
  value: Schema.Finite,
  unit: Schema.String,
  aim: Schema.NullOr(Schema.Finite),
  floor: Schema.NullOr(Schema.Finite),
  aimMet: Schema.NullOr(Schema.Boolean),
  floorMet: Schema.NullOr(Schema.Boolean),
  better: Schema.Literals(["higher", "lower"]),
  repeats: Schema.Int,
  lowest: Schema.Finite,
  highest: Schema.Finite,
  note: Schema.String
})
export type Measurement = typeof Measurement.Type

interface Goals {
  readonly aim?: number
  readonly floor?: number
  readonly note?: string
}

/** Four digits are more than any of it is good for. */
const rounded = (value: number): number => Number(value.toPrecision(4))

const make = (
  { name, unit }: { readonly name: string; readonly unit: string },
  values: ReadonlyArray<number>,
  goals: Goals,
  better: Measurement["better"]
): Measurement => {
  const value = median(values)
  if (!values.every(Number.isFinite)) throw new Error(`${name}: nothing was measured`)
  const meets = (goal: number | undefined) =>
    goal === undefined ? null : better === "higher" ? value >= goal : value <= goal
  return {
    name,
    value: rounded(value),
    unit,
    aim: goals.aim ?? null,
    floor: goals.floor ?? null,
    aimMet: meets(goals.aim),
    floorMet: meets(goals.floor),
    better,
    repeats: values.length,
    lowest: rounded(Math.min(...values)),
    highest: rounded(Math.max(...values)),
    note: goals.note ?? ""
  }
}

/** A rate: the more the better. */
export const rate = (name: string, values: ReadonlyArray<number>, unit: string, goals: Goals = {}): Measurement =>
  make({ name, unit }, values, goals, "higher")

/** A time or an amount: the less the better. */
export const cost = (name: string, values: ReadonlyArray<number>, unit: string, goals: Goals = {}): Measurement =>
  make({ name, unit }, values, goals, "lower")

/** How often one is the other, repeat by repeat, so that what slowed both down at the time cancels out. */
export const ratios = (values: ReadonlyArray<number>, others: ReadonlyArray<number>): ReadonlyArray<number> =>
  values.map((value, index) => value / (others[index] ?? Number.NaN))
