/** How much a run takes upon itself. */
export interface Effort {
  readonly name: "quick" | "usual" | "full"
  /** How often each figure is measured; the median is told. */
  readonly repeats: number
  /** How long a load lasts. */
  readonly seconds: number
}

export const efforts = {
  quick: { name: "quick", repeats: 3, seconds: 1 },
  usual: { name: "usual", repeats: 5, seconds: 3 },
  full: { name: "full", repeats: 7, seconds: 4 }
} as const satisfies Readonly<Record<Effort["name"], Effort>>
