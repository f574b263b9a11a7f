// SPDX-License-Identifier: Apache-2.0

/** Like `Promise.all(items.map(work))`, with at most `limit` at a time. The first rejection rejects it; nothing new is begun then. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries(); // shared by all lanes: each takes the next one
  const lane = async (): Promise<void> => {
    try {
      for (const [index, item] of queue) results[index] = await work(item);
    } catch (error) {
      for (const _ of queue); // the other lanes find nothing more to do
      throw error;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}
