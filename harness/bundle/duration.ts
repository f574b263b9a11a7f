// SPDX-License-Identifier: Apache-2.0

/** Seconds of a duration as Go writes it, in whole hours, minutes and seconds: `5m`, `1h30m`, `90s`. Null when it is none, or zero. */
export function parseSeconds(text: string): number | null {
  const [whole, hours = 0, minutes = 0, seconds = 0] =
    /^(?:(\d{1,3})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/.exec(text) ?? [];
  if (whole === undefined) return null;
  const sum = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sum === 0 ? null : sum;
}
