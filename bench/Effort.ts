/** How much a run takes upon itself. */
export interface Effort {
  readonly name: "quick" | "usual" | "full"
  /** How often each figure is measured; the median is told. */
  readonly repeats: number
  /** How long a load lasts. */
  readonly seconds: number
  /** How long the load before the first that is measured. */
  readonly warmUpSeconds: number
}

export const efforts = {
  quick: { name: "quick", repeats: 3, seconds: 1, warmUpSeconds: 1 },
  usual: { name: "usual", repeats: 5, seconds: 3, warmUpSeconds: 3 },
  full: { name: "full", repeats: 7, seconds: 4, warmUpSeconds: 3 }
} as const satisfies Readonly<Record<Effort["name"], Effort>>
