import { createHash } from "node:crypto"

const idCharactersMax = 32
const suffixCharacters = 6

const suffix = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, suffixCharacters)

/** What a feed calls a thing, and the key by which the feed tells it from others. */
export interface FeedName {
  readonly key: string
  readonly name: string
}

/**
 * Ids for the names of a feed: other characters become hyphens, and of several names that come out alike all but one get
 * a short hash of their key. Depends on the set of names, not on their order, so that a feed sorted anew gives the same.
 */
export const idsOf = (names: Iterable<FeedName>, forbidden: RegExp): Map<string, string> => {
  const plain = (name: string): string => name.replaceAll(forbidden, "-").slice(0, idCharactersMax)
  const ids = new Map<string, string>()
  for (const [id, alike] of Map.groupBy(names, ({ name }) => plain(name))) {
    const exactFirst = alike.toSorted((a, b) =>
      Number(b.name === id) - Number(a.name === id) || (a.key < b.key ? -1 : 1)
    )
    for (const [index, { key }] of exactFirst.entries()) {
      const stem = id.slice(0, idCharactersMax - suffixCharacters - 1)
      ids.set(key, index === 0 ? id : `${stem}-${suffix(key)}`)
    }
  }
  return ids
}

export const notInTrainId = /[^A-Za-z0-9._-]/gu
export const notInStationCode = /[^A-Za-z0-9._:-]/gu

export const nameCharactersMax = 120

/** Cuts a text that is too long for its column, at a whole character. */
export const shortened = (text: string, charactersMax: number): string => {
  const characters = Array.from(text)
  return characters.length <= charactersMax ? text : `${characters.slice(0, charactersMax - 1).join("")}…`
}
