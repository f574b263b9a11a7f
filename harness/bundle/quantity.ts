// SPDX-License-Identifier: Apache-2.0

/** Suffixes of a Kubernetes resource quantity (apimachinery, resource.Quantity), in bytes. */
const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** `2Gi` => 2048: whole MiB, rounded up; a number is bytes. Null when it is no quantity of memory. */
export function parseQuantityMiB(quantity: string | number): number | null {
  const [, digits, suffix = ''] = /^([0-9]+(?:\.[0-9]+)?)([A-Za-z]{0,2})$/.exec(String(quantity)) ?? [];
  const factor = FACTORS[suffix];
  return digits === undefined || factor === undefined ? null : Math.ceil((Number(digits) * factor) / 2 ** 20);
}
