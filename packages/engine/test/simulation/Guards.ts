/** What keeps a promise, and can be taken out of the models to show that without it the promise is broken. */
export const guards = [
  "exclusion of overlapping sales",
  "fence of the commit by epoch and state",
  "deadline of the commit",
  "one row a key",
  "berths for sale are checked at commit",
  "receipts of releases",
  "epoch in the release",
  "releases end with their epoch",
  "freed list",
  "a promoter before newcomers",
  "free legs kept back by a load",
  "order of the waitlist",
  "epoch above the stored one to load",
  "no hold is swept before its time",
  "no writing under a hold whose time is over",
  "sales are read under the lock that raises the epoch",
  "sweep asks the record",
  "a verdict of the sweep holds only while the hold is overdue",
  "moves are refused where the sales have changed"
] as const
export type Guard = typeof guards[number]
