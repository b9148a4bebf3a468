import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")

export const readProjectFile = (path: string): string => readFileSync(join(root, path), "utf8")

const isFile = (path: string): boolean => /\.[a-z]+$/.test(path)

/** Every file below a folder of the project, as paths from its root with forward slashes. */
export const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name.startsWith(".")) return []
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return filesBelow(path)
    return isFile(path) ? [path] : []
  })

export const packageNames: ReadonlyArray<string> = readdirSync(join(root, "packages"))
