import { Schema, SchemaTransformation } from "effect"

/** Longest e-mail address: a path of SMTP has 256 octets with its brackets (RFC 5321, 4.5.3.1.3). */
export const emailLengthMax = 254

// What browsers take in a field for e-mail (HTML Standard), with a dot in the domain. Only ASCII: letters that merely look
// alike, or that become alike in lower case, would be two accounts for the eye and one for a mail server.
const address =
  `^(?=.{3,${emailLengthMax}}$)[a-z0-9.!#$%&'*+/=?^_\`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9-]{2,63}$`

const isAddress = (flags: string) =>
  Schema.isPattern(new RegExp(address, flags), {
    expected: "an e-mail address such as name@example.org, of ASCII letters"
  })

/** An e-mail address in lower case: nobody has two accounts because of a capital letter. */
export const EmailAddress = Schema.String.pipe(
  // Before the letters become lower case as well, for there are others than ASCII's that become ASCII's.
  Schema.check(isAddress("i")),
  Schema.decode(SchemaTransformation.toLowerCase()),
  Schema.check(isAddress("")),
  Schema.brand("EmailAddress")
).annotate({ identifier: "EmailAddress" })
export type EmailAddress = typeof EmailAddress.Type
