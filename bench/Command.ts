/** A path, which may stand behind its option: `--feed=data/feed.zip`; its name is the second group. */
const path = /^(--\w+=)?(?:.*[/\\])?([^/\\]+)[/\\]*$/

/** The command as it is kept with the results: files by their names alone, for the folders are those of one machine. */
export const commandOf = (args: ReadonlyArray<string>): string =>
  ["npm run bench --", ...args.map((arg) => arg.replace(path, "$1$2"))].join(" ")
