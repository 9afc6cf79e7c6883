// The story the log tells: what changed, from what to what and why, once. Whatever stays the same is not said again.
import { type Decision, describe, type Reason, type ServiceView, type Verdict, type View } from '@vipkeeper/core';
import type { Log } from './log.ts';

/** Told of each decision; says what is new in it. */
export interface Narrator {
  decided(view: View, decision: Decision): void;
}

/** What a narrator talks to. */
export interface NarratorOptions {
  readonly log: Log;
  /** A VIP's reason has changed. */
  readonly onTransition?: (service: string, vip: string, from: string, to: string) => void;
}

/** Two configurations contradict each other: somebody has to do something. */
const WRONG: ReadonlySet<Reason> = new Set(['conflict', 'name-in-use', 'foreign-service']);

/** A narrator that has said nothing yet. */
export function createNarrator({ log, onTransition }: NarratorOptions): Narrator {
  const verdicts = new Map<string, Verdict>();
  const notes = new Map<string, string>();

  const verdictChanged = (verdict: Verdict): void => {
    const key = `${verdict.service}/${verdict.vip}`;
    const former = verdicts.get(key);
    verdicts.set(key, verdict);
    if (former !== undefined && sameStory(former, verdict)) return;
    const from = former?.reason ?? 'new';
    if (from !== verdict.reason) onTransition?.(verdict.service, verdict.vip, from, verdict.reason);
    const level = WRONG.has(verdict.reason) ? 'warn' : 'info';
    log[level](fieldsOf(from, verdict), messageOf(former, verdict));
  };

  // One fact of the surroundings: said when its word changes, and at first unless it is the usual one.
  const note: Note = (key, word, usual, say) => {
    const from = notes.get(key) ?? usual;
    if (from === word) return;
    notes.set(key, word);
    say(from);
  };

  return {
    decided: (view, decision) => {
      note('coordination', view.coordination.kind, 'new', from =>
        log.info({ from, to: view.coordination.kind }, 'coordination changed'),
      );
      for (const peer of view.peers)
        note(`peer ${peer.key}`, peer.established ? 'up' : 'down', 'down', from =>
          log.info(
            { peer: peer.key, from, to: peer.established ? 'up' : 'down', families: peer.families },
            'BGP session changed',
          ),
        );
      for (const service of view.services.values()) serviceNotes(service, note, log);
      for (const verdict of decision.verdicts) verdictChanged(verdict);
    },
  };
}

type Note = (key: string, word: string, usual: string, say: (from: string) => void) => void;

function serviceNotes(service: ServiceView, note: Note, log: Log): void {
  const { name, maintenance } = service;
  note(`refusal ${name}`, service.lastRefusal ?? '', '', () => {
    if (service.lastRefusal !== null)
      log.warn({ service: name, error: service.lastRefusal }, 'ZooKeeper refused an operation');
  });
  if (!service.everSynced) return;
  note(`maintenance ${name}`, maintenance.on ? maintenance.czxid : 'off', 'off', () => {
    const record = maintenance.on ? maintenance.record : null;
    log.info(
      { service: name, on: maintenance.on, by: record?.by, reason: record?.reason },
      maintenance.on ? 'maintenance is on' : 'maintenance is off',
    );
  });
  const members = [...service.agents].sort().join(' ');
  note(`members ${name}`, members, '', from => log.info({ service: name, from, to: members }, 'members changed'));
  const drains = [...service.drains].sort().join(' ');
  note(`drains ${name}`, drains, '', from => log.info({ service: name, from, to: drains }, 'drains changed'));
  for (const [vip, { unreadable }] of service.registry)
    note(`registry ${name}/${vip}`, unreadable ?? '', '', () => {
      if (unreadable !== null)
        log.warn({ service: name, vip, error: unreadable }, 'registry record not understood, left as it is');
    });
}

function sameStory(a: Verdict, b: Verdict): boolean {
  return a.reason === b.reason && a.announced === b.announced && a.role === b.role && a.detail === b.detail;
}

function messageOf(former: Verdict | undefined, verdict: Verdict): string {
  const before = former?.announced ?? false;
  if (before === verdict.announced) return 'decision changed';
  return verdict.announced ? 'announce' : 'withdraw';
}

function fieldsOf(from: string, verdict: Verdict): Readonly<Record<string, unknown>> {
  const { service, vip, reason, role, rank, owner, detail } = verdict;
  return {
    service,
    vip,
    from,
    to: reason,
    ...(role === null ? {} : { role, rank }),
    owner,
    ...(detail === null ? {} : { detail }),
    because: describe(verdict),
  };
}
