// Waiting for something outside this process: ask again and again, say at the end what was asked and last answered.

/**
 * Asks until the answer satisfies `isEnough`; resolves with that answer.
 * Rejects after `limitMs` with what was waited for and the last answer (or the last error).
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  isEnough: (answer: T) => boolean,
  { limitMs = 30_000, everyMs = 50 } = {},
): Promise<T> {
  const deadline = performance.now() + limitMs;
  let last = 'nothing yet';
  for (;;) {
    try {
      const answer = await ask();
      if (isEnough(answer)) return answer;
      last = JSON.stringify(answer, undefined, 1) ?? String(answer);
    } catch (cause) {
      last = String(cause);
    }
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for: ${what}\nlast answer: ${last}`);
    await new Promise(resolve => setTimeout(resolve, everyMs));
  }
}
