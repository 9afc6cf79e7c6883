// What became of every probe towards one target, kept as little as a verdict needs: probes still open, and the runs of
// consecutive lost ones. Pure: time comes in as an argument, lines for the log come out.

/** A run of consecutive probes that were never answered. Times are those of sending. */
export interface Gap {
  readonly kind: 'gap';
  readonly target: string;
  /** Numbers the gaps of one target; a later line with the same number replaces the earlier one. */
  readonly number: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly lost: number;
  /** The last decided probe was lost too: the run may grow. */
  readonly open: boolean;
}

/** Another machine answers than before. `before` is undefined for the first answer. */
export interface Switch {
  readonly kind: 'by';
  readonly target: string;
  readonly atMs: number;
  readonly by: string;
  readonly before: string | undefined;
}

interface Probe {
  readonly sequence: number;
  readonly sentAtMs: number;
  answered: boolean;
}

/** The probes of one target, in the order of sending. */
export class Ledger {
  readonly target: string;
  sent = 0;
  answered = 0;
  #open: Probe[] = [];
  #gap: Gap | undefined;
  #gaps = 0;
  #by: string | undefined;

  constructor(target: string) {
    this.target = target;
  }

  /** Notes that a probe leaves; answers its sequence number. */
  send(atMs: number): number {
    const sequence = this.sent;
    this.sent += 1;
    this.#open.push({ sequence, sentAtMs: atMs, answered: false });
    return sequence;
  }

  /** Notes an answer. One to a probe already given up, or a second one, changes nothing. */
  answer(sequence: number, by: string, atMs: number): readonly Switch[] {
    const first = this.#open[0];
    const probe = first === undefined ? undefined : this.#open[sequence - first.sequence];
    if (probe === undefined || probe.answered) return [];
    probe.answered = true;
    this.answered += 1;
    if (this.#by === by) return [];
    const line: Switch = { kind: 'by', target: this.target, atMs, by, before: this.#by };
    this.#by = by;
    return [line];
  }

  /** Decides every probe sent before `beforeMs`: what has no answer by now is lost. */
  settle(beforeMs: number): readonly Gap[] {
    const undecided = this.#open.findIndex(probe => probe.sentAtMs >= beforeMs);
    const decided = this.#open.splice(0, undecided === -1 ? this.#open.length : undecided);
    const changed = new Map<number, Gap>();
    for (const probe of decided) {
      const gap = probe.answered ? this.#close() : this.#extend(probe.sentAtMs);
      if (gap !== undefined) changed.set(gap.number, gap);
    }
    return [...changed.values()];
  }

  #extend(sentAtMs: number): Gap {
    const { target } = this;
    const before = this.#gap;
    this.#gap =
      before === undefined
        ? { kind: 'gap', target, number: this.#gaps++, fromMs: sentAtMs, toMs: sentAtMs, lost: 1, open: true }
        : { ...before, toMs: sentAtMs, lost: before.lost + 1 };
    return this.#gap;
  }

  #close(): Gap | undefined {
    const gap = this.#gap;
    this.#gap = undefined;
    return gap === undefined ? undefined : { ...gap, open: false };
  }
}
