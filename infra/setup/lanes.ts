// SPDX-License-Identifier: Apache-2.0

/**
 * Runs two pieces of work side by side. When one fails the other is told by the signal and waited for, so that
 * nothing still runs when the error is reported.
 * @throws what failed first
 */
export async function sideBySide<A, B>(
  first: (signal: AbortSignal) => Promise<A>,
  second: (signal: AbortSignal) => Promise<B>,
): Promise<readonly [A, B]> {
  const stop = new AbortController();
  const guard = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await work(stop.signal);
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  const [a, b] = await Promise.allSettled([guard(first), guard(second)]);
  if (a.status === 'rejected' || b.status === 'rejected') throw stop.signal.reason;
  return [a.value, b.value];
}
