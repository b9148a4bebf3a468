import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"

/** `berth` with the flags that every command takes; yield it in a handler to read them. */
export const Invocation = Command.make("berth").pipe(
  Command.withSharedFlags({
    json: Flag.Boolean("json").pipe(
      Flag.withDefault(false),
      Flag.withoutNegation,
      Flag.withDescription("Write JSON for programs: one document, or one a line for watch")
    ),
    server: Flag.String("server").pipe(
      Flag.optional,
      Flag.withMetavar("URL"),
      Flag.withDescription("Server to ask; else BERTH_URL, the one of berth login, or the instance that runs here")
    )
  })
)
