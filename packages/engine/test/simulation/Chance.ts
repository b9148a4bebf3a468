import { Effect, Random } from "effect"

/** All that is left to chance, the same for the same seed. */
export class Chance {
  private readonly random: Random.Random

  constructor(seed: number) {
    this.random = Effect.runSync(Random.withSeed(Random.Random, seed))
  }

  /** From 0 up to 1. */
  share(): number {
    return this.random.nextDoubleUnsafe()
  }

  happens(share: number): boolean {
    return this.share() < share
  }

  below(limit: number): number {
    return Math.floor(this.share() * limit)
  }

  pick<A>(among: ReadonlyArray<A>): A {
    const picked = among[this.below(among.length)]
    if (picked === undefined) throw new RangeError("nothing to pick from")
    return picked
  }
}
