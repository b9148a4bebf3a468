/** The version that an entity tag names. */
export const versionOf = (tag: string): number => Number(tag.replace(/\D/g, ""))
