import type { Measurement } from "./Measurement.ts"
import type { Stand } from "./Stand.ts"

type Measure = (stand: Stand) => Promise<ReadonlyArray<Measurement>>

interface Section {
  /** Heads its table and its chart. */
  readonly title: string
  /** Left out unless it is named or this is given. */
  readonly needs?: "feed" | "full"
  readonly load: () => Promise<Measure>
}

/** Every section by its name, in the order in which they are measured. */
export const sections: Readonly<Record<string, Section>> = {
  yardstick: {
    title: "This machine: a bare Node server, and the disk",
    load: async () => (await import("./sections/yardstick.ts")).yardstick
  },
  start: { title: "Start", load: async () => (await import("./sections/start.ts")).start },
  inventory: {
    title: "Seats given by Redis",
    load: async () => (await import("./sections/inventory.ts")).inventory
  },
  refusal: {
    title: "What Redis takes to refuse",
    load: async () => (await import("./sections/refusal.ts")).refusal
  },
  memory: { title: "A run in Redis", load: async () => (await import("./sections/memory.ts")).memory },
  fragmentation: {
    title: "Seats sold of what could be sold",
    load: async () => (await import("./sections/fragmentation.ts")).fragmentation
  },
  repack: {
    title: "Seats sold where passengers are moved",
    needs: "full",
    load: async () => (await import("./sections/repack.ts")).repack
  },
  footprint: {
    title: "What a booking leaves and sends",
    needs: "full",
    load: async () => (await import("./sections/footprint.ts")).footprint
  },
  booking: {
    title: "Bookings spread over 1,000 runs",
    load: async () => (await import("./sections/booking.ts")).booking
  },
  hotRun: { title: "A hot run", load: async () => (await import("./sections/hotRun.ts")).hotRun },
  latency: { title: "How long a booking takes", load: async () => (await import("./sections/latency.ts")).latency },
  reading: { title: "Availability and search", load: async () => (await import("./sections/reading.ts")).reading },
  rpc: { title: "Remote calls", load: async () => (await import("./sections/rpc.ts")).rpc },
  doors: { title: "Three runtimes, and who is calling", load: async () => (await import("./sections/doors.ts")).doors },
  edit: {
    title: "Edits of the seat configuration",
    load: async () => (await import("./sections/edit.ts")).edit
  },
  rebuild: {
    title: "A run loaded again",
    load: async () => (await import("./sections/rebuild.ts")).rebuild
  },
  national: {
    title: "A nation's timetable",
    needs: "feed",
    load: async () => (await import("./sections/national.ts")).national
  },
  history: {
    title: "A booking among ten million",
    needs: "full",
    load: async () => (await import("./sections/history.ts")).history
  }
}
