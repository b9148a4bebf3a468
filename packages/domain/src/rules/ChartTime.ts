const hourSeconds = 3600
const morningFrom = 5 * hourSeconds
const morningTo = 14 * hourSeconds
const hoursBefore = 10
const eveningHoursBeforeDay = 4

/**
 * When the first chart of a run is made, Unix ms: for one that leaves its origin from 05:00 to 14:00 at 20:00 the evening
 * before, else ten hours before it leaves; since December 2025. From then on passengers have the berths on the chart.
 */
export const firstChartMillis = (dayStartMillis: number, departureSeconds: number): number => {
  const secondsOfDay = departureSeconds % (24 * hourSeconds)
  const days = departureSeconds - secondsOfDay
  const seconds = secondsOfDay >= morningFrom && secondsOfDay < morningTo
    ? days - eveningHoursBeforeDay * hourSeconds
    : departureSeconds - hoursBefore * hourSeconds
  return dayStartMillis + seconds * 1000
}
