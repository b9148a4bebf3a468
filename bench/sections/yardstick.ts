import { spawn } from "node:child_process"
import { once } from "node:events"
import { drive } from "../HttpLoad.ts"
import { type Measurement, rate } from "../Measurement.ts"

const calls = 30_000
const server = `
const server = require("node:http").createServer((request, response) => {
  request.resume().on("end", () => response.end("ok"))
})
server.listen(0, "127.0.0.1", () => console.log(server.address().port))`

const request = () => ({ method: "GET", path: "/", headers: {}, body: "" })

/** What a bare Node server answers, driven in the same way: the measure of this machine for the figures beside it. */
export const yardstick = async (): Promise<ReadonlyArray<Measurement>> => {
  const child = spawn(process.execPath, ["-e", server], { stdio: ["ignore", "pipe", "inherit"] })
  try {
    const [port] = await once(child.stdout, "data")
    const url = `http://127.0.0.1:${String(port).trim()}`
    const result = await drive({ url, connections: 64, calls, request })
    return [rate("bare Node HTTP server, GET", calls / result.seconds, "requests/s", { note: "no Berth in it" })]
  } finally {
    child.kill("SIGKILL")
  }
}
