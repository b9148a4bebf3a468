import { BerthApi } from "@berth/domain/BerthApi"
import { Effect } from "effect"
import { type HttpMethod, HttpRouter, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { HttpApi } from "effect/http-api"
import { MethodNotAllowed } from "./TransportProblems.ts"

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const

/** Methods by path; HEAD goes where GET does. */
const allowedByPath = (more: Readonly<Record<string, HttpMethod.HttpMethod>>) => {
  const allowed = new Map<string, Set<HttpMethod.HttpMethod>>()
  const allow = (path: string, method: HttpMethod.HttpMethod) => {
    const known = allowed.get(path) ?? new Set()
    allowed.set(path, known.add(method))
    if (method === "GET") {
      known.add("HEAD")
    }
  }
  HttpApi.reflect(BerthApi, {
    onGroup: () => {},
    onEndpoint: ({ endpoint }) => allow(endpoint.path, endpoint.method)
  })
  for (const [path, method] of Object.entries(more)) {
    allow(path, method)
  }
  return allowed
}

const refusal = (allowed: ReadonlyArray<string>) => {
  const allow = allowed.join(", ")
  const problem = new MethodNotAllowed({ allowed, detail: `This path takes ${allow}.` })
  return Effect.map(HttpServerRespondable.toResponse(problem), HttpServerResponse.setHeader("allow", allow))
}

const isPath = (path: string): path is `/${string}` => path.startsWith("/")

/** Answers 405 for every method that a path of the API, or one of the given ones, does not take. */
export const layer = (more: Readonly<Record<string, HttpMethod.HttpMethod>>) =>
  HttpRouter.addAll(
    [...allowedByPath(more)].flatMap(([path, allowed]) =>
      isPath(path)
        ? methods.filter((method) => !allowed.has(method)).map((method) =>
          HttpRouter.route(method, path, refusal([...allowed].toSorted()))
        )
        : []
    )
  )
