// What one Established session should have been told and what it was told; the difference comes out as UPDATEs, one at
// a time, so that whoever writes them decides the pace. Announcements come before withdrawals, the End-of-RIB of a
// family when its first table is complete. Nothing is queued as bytes: a route that changes while the peer is slow is
// sent once, in its last form.
//
// Routes of equal attributes share a group, and a group fills messages up to the session's limit. Each message has a
// number; TCP keeps order, so "message n has left" says it for all before it.

import type { Family, PathAttributes } from './advertisement.ts';
import { familyOf } from './ip-address.ts';
import { type RouteContext, spellAttributes } from './route-attributes.ts';
import type { Negotiated } from './session-open.ts';
import { AFI, SAFI_UNICAST } from './wire/codes.ts';
import { EXTENDED_LENGTH, STANDARD_LENGTH } from './wire/header.ts';
import type { Message } from './wire/message.ts';
import { nlriLength } from './wire/nlri.ts';
import type { Attributes } from './wire/path-attribute.ts';
import { encodeUpdate, endOfRib, type UpdateMessage, updateOf } from './wire/update.ts';

/** Attributes that some routes have in common; compared by identity. */
interface Group {
  readonly family: Family;
  readonly attributes: Attributes;
  readonly waiting: Set<Entry>;
}

interface Entry {
  readonly prefix: string;
  wanted: Group | undefined;
  sent: Group | undefined;
  /** Number of the message that carried `sent`. */
  sentIn: number;
}

/** What a route should look like at this peer, before eBGP and iBGP make a difference. */
export type WantedRoutes = ReadonlyMap<string, PathAttributes>;

/** A message to write now; `number` goes back in by `left`. */
export interface NumberedMessage {
  readonly number: number;
  readonly message: Message;
}

type TableMark = 'end-of-rib' | 'end-of-refresh';

/** An MP attribute of more than 255 bytes has one more byte of length than the empty one that is measured. */
const EXTENDED_LENGTH_BYTE = 1;

function sizeOf(prefix: string): number {
  return nlriLength(Number(prefix.slice(prefix.indexOf('/') + 1)));
}

/** Adj-RIB-Out (RFC 4271 §3.2) of one session. */
export class AdjRibOut {
  readonly #context: RouteContext;
  readonly #negotiated: Negotiated;
  readonly #limit: number;
  readonly #entries = new Map<string, Entry>();
  readonly #groups = new Map<string, Group>();
  readonly #announcing: Record<Family, Set<Group>> = { ipv4: new Set(), ipv6: new Set() };
  readonly #withdrawing: Record<Family, Set<Entry>> = { ipv4: new Set(), ipv6: new Set() };
  readonly #marks: Record<Family, Set<TableMark>> = { ipv4: new Set(), ipv6: new Set() };
  readonly #beginRefresh = new Set<Family>();
  #lastNumber = 0;
  #leftNumber = 0;

  constructor(negotiated: Negotiated, context: RouteContext) {
    this.#negotiated = negotiated;
    this.#context = context;
    this.#limit = negotiated.extendedMessage ? EXTENDED_LENGTH : STANDARD_LENGTH;
    for (const family of negotiated.families) this.#marks[family].add('end-of-rib');
  }

  /** The whole set wanted now. A route of a family that cannot be announced here counts as not wanted. */
  set(wanted: WantedRoutes): void {
    const groupOf = this.#grouping();
    for (const entry of this.#entries.values()) if (!wanted.has(entry.prefix)) this.#want(entry, undefined);
    for (const [prefix, attributes] of wanted) {
      const group = groupOf(attributes, familyOf(prefix));
      const entry = this.#entries.get(prefix) ?? this.#newEntry(prefix, group);
      if (entry !== undefined) this.#want(entry, group);
    }
    this.#forgetUnused();
  }

  /** ROUTE-REFRESH (RFC 2918 §4): everything of this family once more, bracketed where the peer understands (RFC 7313 §4). */
  refresh(family: Family): void {
    if (!this.#negotiated.families.includes(family)) return;
    for (const entry of this.#entries.values()) {
      const again = entry.sent !== undefined && entry.sent === entry.wanted && entry.sent.family === family;
      if (again) this.#schedule(entry, entry.sent as Group);
    }
    if (!this.#negotiated.enhancedRouteRefresh) return;
    this.#beginRefresh.add(family);
    this.#marks[family].add('end-of-refresh');
  }

  /** The next message to write, or `undefined` when the peer has been told everything. */
  next(): NumberedMessage | undefined {
    const message = this.#nextMessage();
    if (message === undefined) return undefined;
    return { number: this.#lastNumber, message };
  }

  /** Messages up to this number have left. */
  left(number: number): void {
    this.#leftNumber = Math.max(this.#leftNumber, number);
  }

  /** Whether everything was told and has left. */
  get settled(): boolean {
    return this.#leftNumber === this.#lastNumber && !this.#pending();
  }

  /** Whether the announcement wanted now has left. */
  isOut(prefix: string): boolean {
    const entry = this.#entries.get(prefix);
    return entry !== undefined && this.#entryIsOut(entry);
  }

  /** How many announcements wanted now have left. */
  countOut(): number {
    let count = 0;
    for (const entry of this.#entries.values()) if (this.#entryIsOut(entry)) count++;
    return count;
  }

  #entryIsOut({ wanted, sent, sentIn }: Entry): boolean {
    return sent !== undefined && sent === wanted && sentIn <= this.#leftNumber;
  }

  /** Equal attributes give the same group; what was seen before, as an object or as text, is not spelled again. */
  #grouping(): (attributes: PathAttributes, family: Family) => Group | undefined {
    const seen = { ipv4: new Map<unknown, Group | undefined>(), ipv6: new Map<unknown, Group | undefined>() };
    return (attributes, family) => {
      const known = seen[family];
      if (known.has(attributes)) return known.get(attributes);
      const text = JSON.stringify(attributes);
      const group = known.has(text) ? known.get(text) : this.#groupFor(attributes, family);
      known.set(attributes, group).set(text, group);
      return group;
    };
  }

  #groupFor(attributes: PathAttributes, family: Family): Group | undefined {
    if (!this.#negotiated.families.includes(family)) return undefined;
    const spelled = spellAttributes(attributes, family, this.#context);
    if (spelled === undefined) return undefined;
    const key = `${family} ${JSON.stringify(spelled)}`;
    const group = this.#groups.get(key) ?? { family, attributes: spelled, waiting: new Set() };
    this.#groups.set(key, group);
    return group;
  }

  #newEntry(prefix: string, group: Group | undefined): Entry | undefined {
    if (group === undefined) return undefined;
    const entry: Entry = { prefix, wanted: undefined, sent: undefined, sentIn: 0 };
    this.#entries.set(prefix, entry);
    return entry;
  }

  #want(entry: Entry, group: Group | undefined): void {
    if (entry.wanted === group) return;
    if (entry.wanted !== undefined) this.#unschedule(entry, entry.wanted);
    const family = familyOf(entry.prefix);
    this.#withdrawing[family].delete(entry);
    entry.wanted = group;
    if (group !== undefined) {
      if (entry.sent !== group) this.#schedule(entry, group);
    } else if (entry.sent !== undefined) {
      this.#withdrawing[family].add(entry);
    } else {
      this.#entries.delete(entry.prefix);
    }
  }

  #schedule(entry: Entry, group: Group): void {
    group.waiting.add(entry);
    this.#announcing[group.family].add(group);
  }

  #unschedule(entry: Entry, group: Group): void {
    group.waiting.delete(entry);
    if (group.waiting.size === 0) this.#announcing[group.family].delete(group);
  }

  #forgetUnused(): void {
    const used = new Set<Group | undefined>();
    for (const { wanted, sent } of this.#entries.values()) used.add(wanted).add(sent);
    for (const [key, group] of this.#groups) if (!used.has(group)) this.#groups.delete(key);
  }

  #pending(): boolean {
    const waits = (family: Family): boolean =>
      this.#announcing[family].size + this.#withdrawing[family].size + this.#marks[family].size > 0;
    return this.#beginRefresh.size > 0 || this.#negotiated.families.some(waits);
  }

  #nextMessage(): Message | undefined {
    return (
      this.#nextBegin() ??
      this.#firstOf(this.#nextAnnounce) ??
      this.#firstOf(this.#nextMark) ??
      this.#firstOf(this.#nextWithdraw)
    );
  }

  #firstOf(make: (family: Family) => Message | undefined): Message | undefined {
    for (const family of this.#negotiated.families) {
      const message = make.call(this, family);
      if (message !== undefined) return message;
    }
    return undefined;
  }

  #numbered(message: Message): Message {
    this.#lastNumber += 1;
    return message;
  }

  #nextBegin(): Message | undefined {
    for (const family of this.#beginRefresh) {
      this.#beginRefresh.delete(family);
      return this.#numbered({ type: 'routeRefresh', afi: AFI[family], safi: SAFI_UNICAST, subtype: 1 });
    }
    return undefined;
  }

  #nextMark(family: Family): Message | undefined {
    for (const mark of this.#marks[family]) {
      this.#marks[family].delete(mark);
      if (mark === 'end-of-rib') return this.#numbered(endOfRib(family));
      return this.#numbered({ type: 'routeRefresh', afi: AFI[family], safi: SAFI_UNICAST, subtype: 2 });
    }
    return undefined;
  }

  #nextAnnounce(family: Family): Message | undefined {
    for (const group of this.#announcing[family]) {
      const entries = this.#fill(group.waiting, this.#roomIn(announcement(group, [])));
      if (group.waiting.size === 0) this.#announcing[family].delete(group);
      const message = this.#numbered(announcement(group, entries));
      for (const entry of entries) this.#markSent(entry, group);
      return message;
    }
    return undefined;
  }

  /** A route sent again with the same attributes (refresh) has been out all the time. */
  #markSent(entry: Entry, group: Group): void {
    if (entry.sent !== group) entry.sentIn = this.#lastNumber;
    entry.sent = group;
  }

  #nextWithdraw(family: Family): Message | undefined {
    const waiting = this.#withdrawing[family];
    if (waiting.size === 0) return undefined;
    const entries = this.#fill(waiting, this.#roomIn(withdrawal(family, [])));
    for (const { prefix } of entries) this.#entries.delete(prefix);
    return this.#numbered(withdrawal(family, entries));
  }

  /** Bytes left for NLRI in a message that is like this one but full. */
  #roomIn(empty: UpdateMessage): number {
    return this.#limit - encodeUpdate(empty, this.#negotiated).length - EXTENDED_LENGTH_BYTE;
  }

  /** Takes entries out of a set while they fit. */
  #fill(waiting: Set<Entry>, room: number): Entry[] {
    const taken: Entry[] = [];
    for (const entry of waiting) {
      room -= sizeOf(entry.prefix);
      if (room < 0) break;
      taken.push(entry);
      waiting.delete(entry);
    }
    return taken;
  }
}

function withdrawal(family: Family, entries: readonly Entry[]): UpdateMessage {
  const nlri = entries.map(({ prefix }) => prefix);
  return family === 'ipv4' ? updateOf({ withdrawn: nlri }) : updateOf({ attributes: { mpUnreach: { family, nlri } } });
}

function announcement({ family, attributes }: Group, entries: readonly Entry[]): UpdateMessage {
  const nlri = entries.map(({ prefix }) => prefix);
  if (family === 'ipv4') return updateOf({ attributes, nlri });
  const { nextHop = '', ...others } = attributes;
  return updateOf({ attributes: { ...others, mpReach: { family, nextHop, nlri } } });
}
