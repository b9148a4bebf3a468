import { Schema, SchemaTransformation } from "effect"

/** Every quota of the railway, by code. */
export const quotas = [
  "GN",
  "TQ",
  "PT",
  "LD",
  "SS",
  "HP",
  "DF",
  "FT",
  "HO",
  "PH",
  "YU",
  "DP",
  "RE",
  "OS",
  "RS",
  "PQ",
  "LB"
] as const

export const Quota = Schema.Literals(quotas).annotate({
  identifier: "Quota",
  description: "Code of a quota, a pool of berths set aside"
})
export type Quota = typeof Quota.Type

export const quotaNames: Readonly<Record<Quota, string>> = {
  GN: "General",
  TQ: "Tatkal",
  PT: "Premium tatkal",
  LD: "Ladies",
  SS: "Senior citizens, lower berth",
  HP: "Persons with disabilities",
  DF: "Defence",
  FT: "Foreign tourists",
  HO: "Headquarters and emergency",
  PH: "Parliament house",
  YU: "Youth",
  DP: "Duty pass",
  RE: "Railway employees",
  OS: "Out-station",
  RS: "Road side",
  PQ: "Pooled",
  LB: "Lower berth"
}

const longNames = { GENERAL: "GN", TATKAL: "TQ", LADIES: "LD", SENIOR: "SS" } as const

const isLongName = Schema.is(Schema.Literals(["GENERAL", "TATKAL", "LADIES", "SENIOR"]))

/** A quota as callers write it: its code, or one of the long names GENERAL, TATKAL, LADIES and SENIOR. */
export const QuotaInput = Schema.Literals([...quotas, "GENERAL", "TATKAL", "LADIES", "SENIOR"]).pipe(
  Schema.decodeTo(
    Quota,
    SchemaTransformation.transform({
      decode: (input) => isLongName(input) ? longNames[input] : input,
      encode: (quota) => quota
    })
  ),
  Schema.annotate({ identifier: "QuotaInput", description: "Code of a quota, or GENERAL, TATKAL, LADIES, SENIOR" })
)
