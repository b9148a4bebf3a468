import { Redis } from "ioredis"

/** Asks a Redis over a connection of its own. */
export const askRedis = async <A>(uri: string, ask: (redis: Redis) => Promise<A>): Promise<A> => {
  const redis = new Redis(uri, { lazyConnect: true })
  await redis.connect()
  try {
    return await ask(redis)
  } finally {
    redis.disconnect()
  }
}
