/** How much a run takes upon itself. */
export interface Effort {
  readonly name: "quick" | "usual" | "full"
  /** How often each figure is measured; the median is told. */
  readonly repeats: number
  /** How long a load lasts. */
  readonly seconds: number
  /**
   * How long the load before the first that is measured. A server runs for days: in its first seconds under load, while
   * its code is being compiled, a booking takes nearly twice as much of its time as after fifteen.
   */
  readonly warmUpSeconds: number
}

export const efforts = {
  quick: { name: "quick", repeats: 3, seconds: 1, warmUpSeconds: 3 },
  usual: { name: "usual", repeats: 5, seconds: 3, warmUpSeconds: 15 },
  full: { name: "full", repeats: 7, seconds: 4, warmUpSeconds: 15 }
} as const satisfies Readonly<Record<Effort["name"], Effort>>
