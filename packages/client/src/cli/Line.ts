import { printable } from "@berth/domain/PrintableText"
import { displayWidth } from "effect/cli/CliOutput"

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan"

/** Text that a terminal may be given, all in one style. */
export interface Span {
  readonly text: string
  readonly style?: Style
}

/** One line on a terminal. */
export type Line = ReadonlyArray<Span>

const codes: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 }

export const span = (text: string, style?: Style): Span => ({
  text: printable(text),
  ...(style === undefined ? {} : { style })
})

/** A line of texts and spans; empty texts leave no trace. */
export const line = (...parts: ReadonlyArray<string | Span>): Line =>
  parts.map((part) => typeof part === "string" ? span(part) : part).filter(({ text }) => text !== "")

// Terminals give the spacing vowel signs of Indic scripts a column of their own.
const spacingMarks = /\p{Mc}/gu

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

/** Columns that a text takes on a terminal. */
const textWidth = (text: string): number =>
  isAscii(text) ? text.length : displayWidth(text) + (text.match(spacingMarks)?.length ?? 0)

/** Columns that a line takes on a terminal. */
export const widthOf = (of: Line): number => of.reduce((sum, { text }) => sum + textWidth(text), 0)

const characters = new Intl.Segmenter("en", { granularity: "grapheme" })

const clipText = (text: string, width: number): string => {
  let kept = ""
  let left = width
  for (const { segment } of characters.segment(text)) {
    left -= textWidth(segment)
    if (left < 0) break
    kept += segment
  }
  return kept
}

/** The line in at most `width` columns; an ellipsis says that something was left out. */
export const clip = (of: Line, width: number): Line => {
  if (widthOf(of) <= width) return of
  if (width < 1) return []
  const kept: Array<Span> = []
  let left = width - 1
  for (const part of of) {
    const text = clipText(part.text, left)
    kept.push({ ...part, text })
    left -= textWidth(text)
    if (text !== part.text) break
  }
  return [...kept.filter(({ text }) => text !== ""), { text: "…" }]
}

/** The line filled up with spaces. */
export const padTo = (of: Line, width: number, align: "left" | "right" = "left"): Line => {
  const space = { text: " ".repeat(Math.max(0, width - widthOf(of))) }
  if (space.text === "") return of
  return align === "left" ? [...of, space] : [space, ...of]
}

/** The line without spaces at its end. */
export const trimmed = (of: Line): Line => {
  const last = of.at(-1)
  if (last === undefined) return of
  const text = last.text.trimEnd()
  if (text === "") return trimmed(of.slice(0, -1))
  return [...of.slice(0, -1), { ...last, text }]
}

/** What is written for a line. */
export const toText = (of: Line, colours: boolean): string =>
  of.map(({ text, style }) => colours && style !== undefined ? `\x1b[${codes[style]}m${text}\x1b[0m` : text).join("")

/** Words on as many lines as they need; a word that is wider than a line is broken. */
export const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let current = ""
  for (const word of printable(text).split(" ")) {
    const joined = current === "" ? word : `${current} ${word}`
    if (textWidth(joined) <= width) {
      current = joined
      continue
    }
    if (current !== "") lines.push(current)
    current = word
    while (textWidth(current) > width) {
      const head = clipText(current, width)
      // A character that is wider than the line goes on it all the same.
      const taken = head === "" ? [...current].slice(0, 1).join("") : head
      lines.push(taken)
      current = current.slice(taken.length)
    }
  }
  if (current !== "" || lines.length === 0) lines.push(current)
  return lines
}
