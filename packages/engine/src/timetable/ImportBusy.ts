import { Schema } from "effect"

/** Another import, or an edit of the same trains, did not end in time. */
export class ImportBusy extends Schema.TaggedError<ImportBusy>()("ImportBusy", { waitedMillis: Schema.Int }) {
  override get message(): string {
    return `Another import or an edit of the same trains has not ended within ${this.waitedMillis / 1000} seconds. ` +
      "Nothing was changed; try again when it has."
  }
}
