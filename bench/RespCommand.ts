/** A command for Redis as it goes over the wire. */
export const respCommand = (args: ReadonlyArray<string | number | Uint8Array>): Uint8Array =>
  Buffer.concat([
    Buffer.from(`*${args.length}\r\n`),
    ...args.flatMap((arg) => {
      const bytes = arg instanceof Uint8Array ? arg : Buffer.from(String(arg))
      return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")]
    })
  ])
