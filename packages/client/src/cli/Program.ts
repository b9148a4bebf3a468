import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { commandTree } from "./CommandTree.ts"
import { exitStatus } from "./ExitStatus.ts"
import { tell } from "./Failures.ts"
import * as Presenter from "./Presenter.ts"

const version = "0.1.0"

const services = Layer.merge(Presenter.layer, CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }))

/** `berth` with its arguments, on whatever screen; gives the exit status. */
export const run = (args: ReadonlyArray<string>) =>
  Command.runWith(commandTree, { version })(args).pipe(
    Effect.as<number>(exitStatus.done),
    Effect.catchCauseIf((cause) => !Cause.hasInterruptsOnly(cause), (cause) => tell(cause, args.includes("--json"))),
    Effect.provide(services)
  )
