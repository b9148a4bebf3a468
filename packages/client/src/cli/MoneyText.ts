import type { Money } from "@berth/domain/Money"

const minorPerMajor = 100

/** `₹1,250.00`. */
export const moneyText = ({ amount, currency }: Money): string =>
  new Intl.NumberFormat("en-IN", { style: "currency", currency }).format(amount / minorPerMajor)
