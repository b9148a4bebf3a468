// What moves the cursor, hides or reorders text, or is no character at all. Joiners stay: names are spelt with them.
const unsafe =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/gu

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`
}

/** The text on one line, with whatever could act on a terminal made visible. */
export const printable = (text: string): string => text.replace(unsafe, escaped)

/** The same for JSON on one line, which decodes to what it did before. */
export const printableJson = (json: string): string =>
  json.replace(
    unsafe,
    (found) => Array.from(found, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")
  )
