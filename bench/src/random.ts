// A small seeded source of chance, so that whatever a run finds can be found again (mulberry32).

/** A generator. All results depend on the seed alone. */
export class Random {
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, 0 <= n < limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
