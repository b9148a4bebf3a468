/** What both listeners ask of Connect. */
export const routerOptions = {
  /** Bytes of a message, unpacked; a party of six takes a hundredth of it. */
  readMaxBytes: 64 * 1024,
  /** Longest deadline, 24 days: a timer of more milliseconds would fire at once. */
  maxTimeoutMs: 2 ** 31 - 1,
  /** In JSON nothing free is 0, and not a field that is missing. */
  jsonOptions: { alwaysEmitImplicit: true }
}
