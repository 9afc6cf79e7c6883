// The bugs that the simulator must find. Each is a change of the product's own source, made while it is bundled: find must
// stand in the file exactly once. They are the mistakes that a system of this kind is prone to; most were made by others.

/** One replacement in one source file, named from the repository's root. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A planted bug. */
export interface Plant {
  readonly name: string;
  /** The mistake, in a sentence. */
  readonly mistake: string;
  readonly edits: readonly Edit[];
}

const CORE = 'packages/core/src';
const AGENT = 'packages/agent/src';

/** All of them. */
export const PLANTS: readonly Plant[] = [
  {
    name: 'recreate-lost-after-expiry',
    mistake: 'after a session expired its ephemerals are believed to stand, so nobody creates them again',
    edits: [
      { file: `${CORE}/observe.ts`, find: 'mine: new Set(),', replace: 'mine: service.mine,' },
      {
        file: `${CORE}/observe-answer.ts`,
        find: ' || read.names.has(path.slice(folder.length + 1)))',
        replace: ' || path !== folder)',
      },
    ],
  },
  {
    name: 'release-without-barrier',
    mistake: 'a release acts on the claim as last seen: no write-then-read, no look at the lease',
    edits: [
      { file: `${CORE}/standby.ts`, find: 'if (!provenSince(at.service, dueMs))', replace: 'if (dueMs < 0)' },
      { file: `${CORE}/phase.ts`, find: ' || nowMs >= view.leaseUntilMs', replace: '' },
    ],
  },
  {
    name: 'release-to-a-dead-owner',
    mistake: 'the cover goes as soon as the returning owner has a claim, though it may die again at once',
    edits: [
      {
        file: `${CORE}/standby.ts`,
        find: 'standingSince(better, wanted, releaseSinceMs) + at.settings.releaseDelayMs;',
        replace: 'standingSince(better, wanted, releaseSinceMs);',
      },
    ],
  },
  {
    name: 'cover-skipped-for-the-unable',
    mistake: 'whoever is ahead is waited for without end, though it may be unable for reasons that nobody sees',
    edits: [
      { file: `${CORE}/standby.ts`, find: 'if (claimsAhead(at) >= wanted) return idle;', replace: 'return idle;' },
    ],
  },
  {
    name: 'maintenance-read-first',
    mistake: 'each round reads maintenance first and takes it for as new as the facts that follow',
    edits: [
      {
        file: `${CORE}/coordinate.ts`,
        find: 'return [...wanted, ...gates(task)];',
        replace: 'return [...gates(task), ...wanted];',
      },
      {
        file: `${CORE}/observe-answer.ts`,
        find: "const touched = 'path' in op && pending.dirtied.has(op.path);",
        replace: "const touched = 'path' in op && pending.dirtied.has(op.path) && !op.path.endsWith('/maintenance');",
      },
    ],
  },
  {
    name: 'prepend-on-ibgp',
    mistake: 'the standby is prepended towards iBGP peers, which drop their own AS without a word',
    edits: [
      {
        file: `${AGENT}/spelling.ts`,
        find: 'return { localPref: Math.max(roles.standby.localPref - rank, DRAINING_LOCAL_PREF + 1) };',
        replace:
          'return { prepend: 1 + rank, localPref: Math.max(roles.standby.localPref - rank, DRAINING_LOCAL_PREF + 1) };',
      },
    ],
  },
  {
    name: 'rank-cached-over-lives',
    mistake: "a member's record is read once per agent, so that a new life's priority is never seen",
    edits: [
      {
        file: `${CORE}/observe-answer.ts`,
        find: 'names.filter(parseAbleName).map(name => [name, service.able.get(name) ?? null])',
        replace:
          "names.filter(parseAbleName).map(name => [name, service.able.get(name) ?? [...((service as any).cache ??= new Map(), service.able.forEach((r, n) => r && (service as any).cache.set(n.split('@')[0], r)), (service as any).cache)].find(([agent]) => agent === name.split('@')[0])?.[1] ?? null])",
      },
    ],
  },
  {
    name: 'equal-newcomer-displaces',
    mistake: 'an agent that comes back goes before an equal one that has taken its place meanwhile',
    edits: [
      {
        file: `${CORE}/order.ts`,
        find: 'return aHoldsClaim || hashedBefore(vip, a.agent, b.agent);',
        replace: 'return hashedBefore(vip, a.agent, b.agent);',
      },
    ],
  },
  {
    name: 'held-set-forgets',
    mistake: 'without ZooKeeper nothing is wanted any more',
    edits: [
      {
        file: `${CORE}/stance.ts`,
        find: "if (deadlineMs === null) return { ...plain(intent, idle ? meant : 'holding', rank), drainSinceMs };",
        replace: "if (deadlineMs === null) return { ...plain('none', idle ? meant : 'starting', rank), drainSinceMs };",
      },
    ],
  },
  {
    name: 'facts-frozen-in-maintenance',
    mistake: 'while maintenance is on, claims and ability are left as they were',
    edits: [
      {
        file: `${CORE}/coordinate.ts`,
        find: 'if (!isFresh(task.service)) return [];',
        replace: 'if (!isFresh(task.service) || task.service.maintenance.on) return [];',
      },
      {
        file: `${CORE}/coordinate.ts`,
        find: "if (task.service.presence.kind !== 'mine' || !task.service.everSynced) return [];",
        replace:
          "if (task.service.presence.kind !== 'mine' || !task.service.everSynced || task.service.maintenance.on) return [];",
      },
    ],
  },
  {
    name: 'drain-without-cover',
    mistake: 'a drain withdraws at once, whoever else is there',
    edits: [
      {
        file: `${CORE}/standby.ts`,
        find: 'if (others.length < at.settings.announcers) return keep;',
        replace: "if (others.length < 99) return plain('drained', 'drained');",
      },
    ],
  },
  {
    name: 'hidden-standby',
    mistake: "the standby's path is so long that its own router prefers the owner's and tells nobody of it",
    edits: [{ file: `${AGENT}/spelling.ts`, find: 'standby: { prepend: 1,', replace: 'standby: { prepend: 3,' }],
  },
];
