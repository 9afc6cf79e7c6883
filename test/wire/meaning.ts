// What an UPDATE says, in words that belong to no decoder: whatever reads our bytes is translated into this.

/** One UPDATE. Lists are sorted; what is absent is not on the wire. */
export interface Meaning {
  /** `prefix via next hop`. */
  readonly announce?: readonly string[];
  readonly withdraw?: readonly string[];
  readonly origin?: string;
  readonly asPath?: readonly number[];
  readonly med?: number;
  readonly localPref?: number;
  /** `asn:value`. */
  readonly communities?: readonly string[];
  readonly largeCommunities?: readonly string[];
}

/** Leaves out what is empty or undefined, so that decoders agree on what "not there" looks like. */
export function meaningOf(parts: { readonly [K in keyof Meaning]: Meaning[K] | undefined }): Meaning {
  const present = Object.entries(parts).filter(([key, value]) => {
    return value !== undefined && !(Array.isArray(value) && value.length === 0 && key !== 'asPath');
  });
  return Object.fromEntries(
    present.map(([key, value]) => [key, SORTED.has(key) ? [...(value as string[])].sort() : value]),
  );
}

const SORTED = new Set(['announce', 'withdraw']);
