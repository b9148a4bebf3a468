// A Node server with nothing in it: the most that one process answers on this machine.
import { createServer } from "node:http"

const server = createServer((request, response) => {
  request.resume().on("end", () => response.end("ok"))
})
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`))
