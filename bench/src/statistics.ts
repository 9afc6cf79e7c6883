// Medians and quantiles of what was measured, and how they are written. No averages: one stall of the machine moves them.

/** The value below which the share `q` (0..1) of all lies, nearest rank. NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(q * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Milliseconds with the precision that means something: `0.31 ms`, `12.4 ms`, `581 ms`. */
export function formatMs(ms: number): string {
  const size = Math.abs(ms);
  return `${ms.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0)} ms`;
}

/** Bytes as megabytes of 1 000 000 bytes. */
export function formatMb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** One value over another, `1.4 x`. */
export function formatRatio(value: number, peer: number): string {
  return `${(value / peer).toFixed(1)} x`;
}
