import { Schema } from "effect"

/** Widths that a terminal may have. */
export const Width = Schema.Int.check(Schema.isBetween({ minimum: 20, maximum: 200 }))

/** Text of every kind that names, servers and mischief come in. */
export const AnyText = Schema.Union([
  Schema.String,
  Schema.Literals([
    "Asha Rao",
    "रवि कुमार",
    "മലയാളം",
    "東京駅",
    "한국어",
    "👩‍👩‍👧 🇮🇳",
    "e\u0301a\u0308",
    "\x1b[2J\x1b]0;title\x07",
    "a\r\nb\tc\u0000",
    "\u202Eevil\u2066",
    "\ud800lone"
  ])
])

// What may act on a terminal, in the words of Unicode: controls, separators of lines, surrogates and reordering.
export const actsOnTerminal = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u
