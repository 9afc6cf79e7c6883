// Bounded waiting: every wait of this package for somebody else goes through here.

/** Resolves true when `done` does, false when the limit passes first. The timer does not outlive the answer. */
export async function within(limitMs: number, done: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>(resolve => {
    timer = setTimeout(() => resolve(false), Math.max(0, limitMs));
  });
  const inTime = await Promise.race([done.then(() => true), limit]);
  clearTimeout(timer);
  return inTime;
}
