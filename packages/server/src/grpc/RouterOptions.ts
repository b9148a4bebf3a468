/** What both listeners ask of Connect. */
export const routerOptions = {
  /** Bytes of a message, unpacked; a party of six takes a hundredth of it. */
  readMaxBytes: 64 * 1024,
  /** In JSON nothing free is 0, and not a field that is missing. */
  jsonOptions: { alwaysEmitImplicit: true }
}
