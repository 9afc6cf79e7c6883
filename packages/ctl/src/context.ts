// What every command gets: the world, the flags that stand for all commands, and the few steps all changes share: find the
// service, say what will be, ask, wait until the agents have acted.
import type { ServiceName, Vip } from '@vipkeeper/core';
import { canonicalAddress, didYouMean } from '@vipkeeper/core';
import type { AclEntry, ZkSession } from '@vipkeeper/zk';
import { CtlError, EXIT } from './exit.ts';
import { type Fleet, readFleet, type ServiceFleet } from './fleet.ts';
import type { Io } from './io.ts';
import type { Format } from './output.ts';

/** One run of one command, connected. */
export interface Context {
  readonly io: Io;
  readonly session: ZkSession;
  readonly root: string;
  readonly format: Format;
  /** `--yes`: ask nothing. */
  readonly yes: boolean;
  /** For what is created: with credentials, ours to change and for all to read, as agents do; else open. */
  readonly access: { readonly acl?: readonly AclEntry[] };
}

/** How a change waits for the agents. */
export interface Waiting {
  readonly wait: boolean;
  readonly timeoutMs: number;
}

const LOOK_EVERY_MS = 200;

/** Reads the fleet. A root that does not exist is said so: an empty answer would look like a healthy one. */
export async function fleetOf({ session, root }: Context): Promise<Fleet> {
  const fleet = await readFleet(session, root);
  if (fleet.rootExists) return fleet;
  throw new CtlError(EXIT.notFound, `There is no tree at ${root}`, 'is --root right? `vipctl init` makes a new one');
}

/** Reads one service, or says which there are. */
export async function serviceOf(context: Context, name: ServiceName): Promise<ServiceFleet> {
  const { services, rootExists } = await readFleet(context.session, context.root, name);
  if (rootExists && services[0] !== undefined) return services[0];
  const known = (await fleetOf(context)).services.map(service => service.name);
  const guess = didYouMean(name, known);
  const hint =
    guess === null ? `services: ${known.length === 0 ? 'none yet' : known.join(', ')}` : `did you mean "${guess}"?`;
  throw new CtlError(EXIT.notFound, `There is no service "${name}"`, hint);
}

/** A VIP, or all addresses of a DNS name; canonical, none twice. */
export async function vipsOfText(io: Io, text: string): Promise<readonly Vip[]> {
  const address = canonicalAddress(text);
  if (address.kind === 'ok') return [address.text];
  if (!/^(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9._-]*)$/.test(text)) {
    throw new CtlError(EXIT.usage, `Cannot read VIP "${text}": ${address.why}`);
  }
  const found = (await io.resolve(text))
    .map(it => canonicalAddress(it))
    .flatMap(it => (it.kind === 'ok' ? [it.text] : []));
  if (found.length === 0) throw new CtlError(EXIT.notFound, `The name ${text} has no addresses`);
  return [...new Set(found)];
}

/** Asks before a change. With `word`, that word must be typed: for what takes VIPs off the network. */
export async function confirm({ io, yes }: Context, question: string, word: string | null = null): Promise<void> {
  if (yes) return;
  if (!io.inIsTerminal)
    throw new CtlError(EXIT.usage, 'There is no terminal to ask on; nothing was changed', 'add --yes');
  const wanted = word === null ? '[y/N]' : `Type ${word} to go on:`;
  const answer = (await io.ask(`${question} ${wanted} `)).trim();
  if (io.signal.aborted) throw new CtlError(EXIT.interrupted, 'Interrupted; nothing was changed');
  const agreed = word === null ? /^y(es)?$/i.test(answer) : answer === word;
  if (!agreed) throw new CtlError(EXIT.failed, 'Nothing was changed');
}

/** Looks again and again until `done` or the time is up; gives the last look, and whether it was done. */
export async function lookUntil<T>(
  { io }: Pick<Context, 'io'>,
  timeoutMs: number,
  look: () => Promise<T>,
  done: (seen: T) => boolean,
): Promise<{ readonly seen: T; readonly done: boolean }> {
  const until = io.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (done(seen)) return { seen, done: true };
    if (io.now() >= until || io.signal.aborted) return { seen, done: false };
    await io.pause(LOOK_EVERY_MS);
  }
}

/** UTF-8. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The instant for records, RFC 3339. */
export function instantOf(io: Io): string {
  return new Date(io.now()).toISOString();
}
