// The demo is run, not imported: `main.ts` is its entry.
export {};
