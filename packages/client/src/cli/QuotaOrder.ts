import { type Quota, quotas } from "@berth/domain/Quota"

/** The quotas in the railway's order; a server gives them in any. */
export const inQuotaOrder = <A extends { readonly quota: Quota }>(list: ReadonlyArray<A>): ReadonlyArray<A> =>
  list.toSorted((a, b) => quotas.indexOf(a.quota) - quotas.indexOf(b.quota))
