import type { Measurement } from "./Measurement.ts"

const width = 760
const margin = 16
const titleHeight = 40
const rowHeight = 52
const barTop = 26
const barHeight = 12

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\"", "&quot;")

const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 })

const textOf = ({ aim, floor, highest, lowest, repeats, unit, value }: Measurement): string => {
  const spread = repeats > 1 ? ` (${number.format(lowest)}–${number.format(highest)})` : ""
  const goals = [aim === null ? "" : `aim ${number.format(aim)}`, floor === null ? "" : `floor ${number.format(floor)}`]
  return [`${number.format(value)} ${unit}${spread}`, ...goals.filter((goal) => goal !== "")].join(" · ")
}

const colourOf = ({ aimMet, floorMet }: Measurement): string =>
  floorMet === false ? "missed" : aimMet === false ? "between" : "met"

/** A measurement as a bar on a scale of its own, for units differ; ticks are the floor and the aim. */
const row = (measurement: Measurement, index: number): string => {
  const { aim, floor, highest, lowest, name, value } = measurement
  const top = titleHeight + index * rowHeight
  const most = Math.max(value, highest, aim ?? 0, floor ?? 0) || 1
  const x = (amount: number): string => (margin + amount / most * (width - 2 * margin)).toFixed(1)
  const bar = (amount: number): string => (amount / most * (width - 2 * margin)).toFixed(1)
  const middle = top + barTop + barHeight / 2
  const tick = (amount: number | null, kind: string): string =>
    amount === null ? "" : `<path class="${kind}" d="M${x(amount)} ${top + barTop - 3}v${barHeight + 6}"/>`
  return [
    `<text x="${margin}" y="${top + 17}">${escape(name)}</text>`,
    `<text class="value" x="${width - margin}" y="${top + 17}">${escape(textOf(measurement))}</text>`,
    `<rect class="scale" x="${margin}" y="${top + barTop}" width="${width - 2 * margin}" height="${barHeight}"/>`,
    `<rect class="${colourOf(measurement)}" x="${margin}" y="${top + barTop}" width="${
      bar(value)
    }" height="${barHeight}"/>`,
    lowest < highest ? `<path class="spread" d="M${x(lowest)} ${middle}H${x(highest)}"/>` : "",
    tick(floor, "floor"),
    tick(aim, "aim")
  ].join("")
}

// Its own colours for light and dark, because the page that shows an SVG as an image hands it none.
const style = `text{font:13px system-ui,sans-serif;fill:#1c2733}.title{font-weight:600;font-size:15px}
.value{text-anchor:end;fill:#51606e}.scale{fill:#e4e9ee}.met{fill:#2f7d4f}.between{fill:#b7791f}.missed{fill:#b83232}
path{fill:none;stroke:#1c2733}.aim{stroke-width:2}.floor{stroke-width:2;stroke-dasharray:3 2}.spread{stroke-width:1.5}
@media(prefers-color-scheme:dark){text,.title{fill:#e6edf3}.value{fill:#9fb0c0}.scale{fill:#2a333d}.met{fill:#4fae78}
.between{fill:#d9a441}.missed{fill:#e06a6a}path{stroke:#e6edf3}}`

/** The measurements of a section as an SVG; a solid tick is the aim, a dashed one the floor, a thin line the spread. */
export const chart = (title: string, measurements: ReadonlyArray<Measurement>): string => {
  const height = titleHeight + measurements.length * rowHeight + margin / 2
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(title)}</title><style>${style}</style>`,
    `<text class="title" x="${margin}" y="26">${escape(title)}</text>`,
    ...measurements.map(row),
    "</svg>\n"
  ].join("\n")
}
