import { PgClient } from "@effect/sql-pg"
import { Effect, Logger, ManagedRuntime, Redacted, Schema } from "effect"

/** A connection of the bench's own, to set up and to look; what is measured has others. */
export interface Database {
  readonly url: string
  /** Runs statements in one transaction. */
  run(...statements: ReadonlyArray<string>): Promise<void>
  /** Runs a statement that will have no transaction around it. */
  alone(statement: string): Promise<void>
  rows<A>(row: Schema.Decoder<A>, statement: string): Promise<ReadonlyArray<A>>
  close(): Promise<void>
}

export const openDatabase = (url: string): Database => {
  const runtime = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 }))
  const within = <A, E>(work: (sql: PgClient.PgClient) => Effect.Effect<A, E>) =>
    runtime.runPromise(Effect.flatMap(PgClient.PgClient, work).pipe(Effect.provide(Logger.layer([]))))
  return {
    url,
    run: (...statements) =>
      within((sql) =>
        sql.withTransaction(Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true }))
      ),
    alone: async (statement) => {
      await within((sql): Effect.Effect<unknown, unknown> => sql.unsafe(statement))
    },
    rows: async (row, statement) =>
      Schema.decodeUnknownSync(Schema.Array(row))(
        await within((sql): Effect.Effect<unknown, unknown> => sql.unsafe(statement))
      ),
    close: () => runtime.dispose()
  }
}
