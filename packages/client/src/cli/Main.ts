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
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Program from "./Program.ts"
import { Screen } from "./Screen.ts"

const machine = Layer.merge(
  Screen.layer,
  NodeChildProcessSpawner.layer.pipe(
    Layer.provideMerge([NodeFileSystem.layer, NodePath.layer, NodeStdio.layer, NodeTerminal.layer])
  )
)

NodeRuntime.runMain(
  Program.run(process.argv.slice(2)).pipe(
    Effect.map((status) => {
      process.exitCode = status
    }),
    Effect.provide(machine)
  ),
  { disableErrorReporting: true }
)
