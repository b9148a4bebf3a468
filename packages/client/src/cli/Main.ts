/**
 * `berth`: the command line. Whatever is loaded before a command is known comes from deep modules of Effect, which load in
 * a third of the time of its barrel.
 */
import * as NodeChildProcessSpawner from "@effect/platform-node-shared/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime"
import * as NodeStdio from "@effect/platform-node-shared/NodeStdio"
import * as NodeTerminal from "@effect/platform-node-shared/NodeTerminal"
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
import { Screen } from "./Screen.ts"

const version = "0.1.0"

const services = Presenter.layer.pipe(
  Layer.provideMerge([
    Screen.layer,
    CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
    NodeChildProcessSpawner.layer.pipe(
      Layer.provideMerge([NodeFileSystem.layer, NodePath.layer, NodeStdio.layer, NodeTerminal.layer])
    )
  ])
)

const program = Effect.gen(function*() {
  const args = process.argv.slice(2)
  return yield* Command.runWith(commandTree, { version })(args).pipe(
    Effect.as<number>(exitStatus.done),
    Effect.catchCauseIf((cause) => !Cause.hasInterruptsOnly(cause), (cause) => tell(cause, args.includes("--json")))
  )
}).pipe(Effect.provide(services))

NodeRuntime.runMain(
  Effect.map(program, (status) => {
    process.exitCode = status
  }),
  { disableErrorReporting: true }
)
