// The product's version, in one place of this package.

/** Version of vipctl. */
export const VERSION = '0.1.0';
