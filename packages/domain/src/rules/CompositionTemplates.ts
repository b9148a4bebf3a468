import type { TravelClass } from "../TravelClass.ts"

/**
 * How many coaches of each class a kind of train has. No open source tells the coaches of a train, so these figures are
 * derived: the usual rake of each kind on Indian Railways, rounded, for an operator to correct train by train.
 */
export interface CompositionTemplate {
  readonly trainType: string
  /** Told by what the timetable says of the train's type, or else by its name. */
  readonly pattern: RegExp
  /** Taken where the timetable does not tell the classes. */
  readonly classes: ReadonlyArray<TravelClass>
  /** Coaches of a class if the train has it; where none is given, as in `coachesPerClass`. */
  readonly coaches: Readonly<Partial<Record<TravelClass, number>>>
}

/** For classes that are unusual in the kind of train, and for trains of no known kind. */
export const coachesPerClass: Readonly<Record<TravelClass, number>> = {
  "1A": 1,
  "2A": 2,
  "3A": 4,
  "3E": 2,
  SL: 8,
  CC: 3,
  EC: 1,
  "2S": 4
}

/** The first that fits is taken, so the particular stand before the general. */
export const compositionTemplates: ReadonlyArray<CompositionTemplate> = [
  {
    trainType: "Vande Bharat",
    pattern: /\bvande bharat\b/i,
    classes: ["CC", "EC"],
    coaches: { CC: 14, EC: 2 }
  },
  {
    trainType: "Rajdhani",
    pattern: /\brajdhani\b/i,
    classes: ["1A", "2A", "3A"],
    coaches: { "1A": 1, "2A": 5, "3A": 11 }
  },
  {
    trainType: "Jan Shatabdi",
    pattern: /\bjan ?shatabdi\b/i,
    classes: ["CC", "2S"],
    coaches: { CC: 4, "2S": 12 }
  },
  {
    trainType: "Shatabdi",
    pattern: /\bshatabdi\b/i,
    classes: ["CC", "EC"],
    coaches: { CC: 14, EC: 2 }
  },
  {
    trainType: "Tejas",
    pattern: /\btejas\b/i,
    classes: ["CC", "EC"],
    coaches: { CC: 12, EC: 1 }
  },
  {
    trainType: "Duronto",
    pattern: /\bduronto\b/i,
    classes: ["1A", "2A", "3A"],
    coaches: { "1A": 1, "2A": 3, "3A": 10, SL: 6 }
  },
  {
    trainType: "Garib Rath",
    pattern: /\bgarib ?rath\b/i,
    classes: ["3A"],
    coaches: { "3A": 16, CC: 3 }
  },
  {
    trainType: "Humsafar",
    pattern: /\bhumsafar\b/i,
    classes: ["3A", "SL"],
    coaches: { "3A": 14, SL: 4 }
  },
  {
    trainType: "Sampark Kranti",
    pattern: /\bsampark kranti\b/i,
    classes: ["2A", "3A", "SL"],
    coaches: { "2A": 2, "3A": 4, SL: 10 }
  },
  {
    trainType: "Superfast",
    pattern: /\bsuper ?fast\b|\bSF\b/i,
    classes: ["2A", "3A", "SL"],
    coaches: { "2A": 2, "3A": 5, SL: 8 }
  },
  {
    trainType: "Passenger",
    pattern: /\bpass(enger)?\b/i,
    classes: ["2S"],
    coaches: { "1A": 1, SL: 4, "2S": 6 }
  },
  {
    trainType: "Mail/Express",
    pattern: /\bmail\b|\bexp(ress)?\b/i,
    classes: ["2A", "3A", "SL"],
    coaches: { "2A": 2, "3A": 4, SL: 9 }
  }
]

export interface TrainDescription {
  /** What the timetable calls its type; may be empty. */
  readonly trainType: string
  readonly name: string
}

/** The kind of a train, if its type or else its name tells. */
export const templateOf = ({ name, trainType }: TrainDescription): CompositionTemplate | undefined =>
  compositionTemplates.find(({ pattern }) => pattern.test(trainType)) ??
    compositionTemplates.find(({ pattern }) => pattern.test(name))

/** From here on people lie down: berths rather than seats for a train of no known kind. */
const longDistanceMetresMin = 300_000

/** The classes of a train whose timetable does not tell them: by its kind, or else by how far it goes. */
export const derivedClasses = (
  template: CompositionTemplate | undefined,
  metres: number
): ReadonlyArray<TravelClass> =>
  template?.classes ?? (metres > longDistanceMetresMin ? ["SL", "3A", "2A"] : ["CC", "2S"])

/** Coaches of each of these classes. */
export const derivedCoaches = (
  template: CompositionTemplate | undefined,
  classes: Iterable<TravelClass>
): ReadonlyMap<TravelClass, number> =>
  new Map(
    Array.from(
      classes,
      (travelClass) => [travelClass, template?.coaches[travelClass] ?? coachesPerClass[travelClass]] as const
    )
  )
