import { assert, describe, it } from "@effect/vitest"
import { WebhookUrl } from "../src/Webhook.ts"
import { notRefused, notTaken } from "./Decoding.ts"

describe("WebhookUrl", () => {
  it("takes addresses that can be called", () => {
    assert.isEmpty(
      notTaken(WebhookUrl, [
        "https://example.org",
        "https://example.org:8443/berth?of=me",
        "http://127.0.0.1:3000/",
        "https://[2001:db8::1]/"
      ])
    )
  })

  it("refuses other schemes, passwords and fragments", () => {
    assert.isEmpty(
      notRefused(WebhookUrl, "Expected an address such as https://example.org/berth, without password or fragment", [
        "",
        "example.org",
        "ftp://example.org",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:secret@example.org/",
        "https://example.org\\@elsewhere.org/",
        "https://example.org/a b",
        "https://example.org/#part"
      ])
    )
  })
})
