// The whole tree as one value, read in one go. Folders of facts first, maintenance and drain last, as agents do: what gates
// is never older than what it gates. Nothing is judged here; what cannot be read is kept as such, with its sentence.
import type {
  AbleRecord,
  AgentName,
  AgentRecord,
  Decoded,
  Drain,
  DrainRecord,
  MaintenanceRecord,
  RegistryRecord,
  ServiceName,
  ServicePaths,
  Vip,
} from '@vipkeeper/core';
import {
  decodeAble,
  decodeAgent,
  decodeDrain,
  decodeError,
  decodeMaintenance,
  decodeRegistry,
  isCanonicalVip,
  isName,
  parseAbleName,
  parseClaim,
  parseDrainName,
  paths,
} from '@vipkeeper/core';
import type { Stat, ZkSession } from '@vipkeeper/zk';
import { ZkError } from '@vipkeeper/zk';

/** A registry entry; `record` is null when it cannot be read. */
export interface Registered {
  readonly vip: Vip;
  readonly record: RegistryRecord | null;
  readonly version: number;
}

/** A live agent (its ephemeral exists). */
export interface LiveAgent {
  readonly agent: AgentName;
  readonly record: AgentRecord | null;
  /** When its session wrote it first, Unix ms. */
  readonly sinceMs: number;
}

/** The maintenance flag. */
export interface Flag {
  readonly czxid: string;
  readonly version: number;
  readonly sinceMs: number;
  /** Null when empty or unreadable; the flag counts all the same. */
  readonly record: MaintenanceRecord | null;
}

/** A name under `drain/` that we understand. */
export interface Drained {
  readonly name: string;
  readonly drain: Drain;
  readonly version: number;
  readonly sinceMs: number;
  readonly record: DrainRecord | null;
}

/** One service as it stands in ZooKeeper. Everything is sorted. */
export interface ServiceFleet {
  readonly name: ServiceName;
  readonly registry: readonly Registered[];
  readonly claims: readonly { readonly vip: Vip; readonly agent: AgentName }[];
  readonly able: readonly { readonly agent: AgentName; readonly record: AbleRecord | null }[];
  readonly agents: readonly LiveAgent[];
  readonly maintenance: Flag | null;
  readonly drains: readonly Drained[];
  /** Data version of the drain folder; null when there is none. Two operators' drains meet on it. */
  readonly drainVersion: number | null;
  /** What could not be read, a sentence each. */
  readonly unreadable: readonly string[];
}

/** All services. */
export interface Fleet {
  readonly root: string;
  /** False when the root itself does not exist. */
  readonly rootExists: boolean;
  readonly services: readonly ServiceFleet[];
}

const MOST_READS_AT_ONCE = 256;

/** Reads every service, or one. A service that does not exist is left out. */
export async function readFleet(session: ZkSession, root: string, only?: ServiceName): Promise<Fleet> {
  const tree = paths(root);
  const names = await childrenOf(session, tree.services);
  const wanted = (names ?? []).filter(name => isName(name) && (only === undefined || name === only));
  const services = await Promise.all(wanted.map(name => readService(session, tree.service(name), name)));
  return { root: tree.root, rootExists: names !== null || (await session.exists(tree.root)) !== null, services };
}

async function readService(session: ZkSession, at: ServicePaths, name: ServiceName): Promise<ServiceFleet> {
  const [registryNames, claimNames, ableNames, agentNames] = await Promise.all(
    (['registry', 'out', 'able', 'agents'] as const).map(place => childrenOf(session, at.place(place))),
  );
  const notes: string[] = [];
  const reader = { session, notes };
  const [registry, able, agents] = await Promise.all([
    readEach(reader, 'registry', at.place('registry'), (registryNames ?? []).filter(isCanonicalVip), decodeRegistry),
    readEach(
      reader,
      'able',
      at.place('able'),
      (ableNames ?? []).filter(it => parseAbleName(it) !== null),
      decodeAble,
    ),
    readEach(reader, 'agent', at.place('agents'), (agentNames ?? []).filter(isName), decodeAgent),
  ]);
  const [flag, drainStat, drainNames] = await Promise.all([
    session.get(at.maintenance),
    session.exists(at.place('drain')),
    childrenOf(session, at.place('drain')),
  ]);
  const drains = await readEach(reader, 'drain', at.place('drain'), (drainNames ?? []).filter(isDrain), decodeDrain);
  return {
    name,
    registry: registry.map(it => ({ vip: it.name, record: it.record, version: it.stat.version })),
    claims: (claimNames ?? []).flatMap(claim => parseClaim(claim) ?? []),
    able: able.map(it => ({ agent: parseAbleName(it.name)!.agent, record: it.record })),
    agents: agents.map(it => ({ agent: it.name, record: it.record, sinceMs: it.stat.ctimeMs })),
    maintenance: flag === null ? null : flagOf(flag, at.maintenance, notes),
    drains: drains.map(it => ({
      name: it.name,
      drain: parseDrainName(it.name)!,
      version: it.stat.version,
      sinceMs: it.stat.ctimeMs,
      record: it.record,
    })),
    drainVersion: drainStat?.version ?? null,
    unreadable: notes.sort(),
  };
}

function isDrain(name: string): boolean {
  return parseDrainName(name) !== null;
}

function flagOf(node: { readonly data: Uint8Array; readonly stat: Stat }, path: string, notes: string[]): Flag {
  const text = textOf(node.data);
  const decoded = decodeMaintenance(text);
  if (decoded.kind !== 'ok' && text !== '')
    notes.push(`${decodeError('maintenance', path, decoded)} (it is on all the same)`);
  const { czxid, version, ctimeMs } = node.stat;
  return { czxid, version, sinceMs: ctimeMs, record: decoded.kind === 'ok' ? decoded.record : null };
}

/** Children, sorted; null when the folder does not exist. */
async function childrenOf(session: ZkSession, path: string): Promise<readonly string[] | null> {
  try {
    return [...(await session.children(path)).names].sort();
  } catch (error) {
    if (error instanceof ZkError && error.code === 'no-node') return null;
    throw error;
  }
}

interface ReadNode<T> {
  readonly name: string;
  readonly stat: Stat;
  readonly record: T | null;
}

async function readEach<T>(
  { session, notes }: { readonly session: ZkSession; readonly notes: string[] },
  what: string,
  folder: string,
  names: readonly string[],
  decode: (text: string) => Decoded<T>,
): Promise<readonly ReadNode<T>[]> {
  const found: ReadNode<T>[] = [];
  for (let from = 0; from < names.length; from += MOST_READS_AT_ONCE) {
    const some = names.slice(from, from + MOST_READS_AT_ONCE);
    const nodes = await Promise.all(some.map(name => session.get(`${folder}/${name}`)));
    for (const [index, node] of nodes.entries()) {
      if (node === null) continue;
      const name = some[index]!;
      const decoded = decode(textOf(node.data));
      // A drain may have been made by hand, with nothing in it: its name says all.
      if (decoded.kind !== 'ok' && !(what === 'drain' && node.data.length === 0)) {
        notes.push(decodeError(what, `${folder}/${name}`, decoded));
      }
      found.push({ name, stat: node.stat, record: decoded.kind === 'ok' ? decoded.record : null });
    }
  }
  return found;
}

function textOf(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}
