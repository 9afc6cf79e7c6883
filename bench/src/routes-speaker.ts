// Child program: a speaker with one peer that announces so many host routes and withdraws them.
import { type Advertisement, createSpeaker, type PathAttributes, type Speaker } from '@vipkeeper/bgp';
import { answering, machineMs } from './child.ts';

/** How the routes' attributes differ. */
export type Likeness =
  /** One object for all of them. */
  | 'shared'
  /** Spelled for each route by a function, all equal: the way the agent does it. */
  | 'spelled'
  /** No two alike, so that no two share an UPDATE. */
  | 'different';

/** What it can be asked. */
export type SpeakerQuestion =
  | { readonly ask: 'connect'; readonly port: number; readonly routerId: string }
  /** Wants exactly so many routes; answers with the instant right before. */
  | { readonly ask: 'set'; readonly count: number; readonly likeness: Likeness }
  /** Resident bytes after a garbage collection. */
  | { readonly ask: 'memory' };

const ATTRIBUTES: PathAttributes = { prepend: 1, med: 200, communities: ['64512:100'] };
const FIRST_ADDRESS = 0x0a_00_00_00;
let speaker: Speaker | undefined;

async function connect(port: number, routerId: string): Promise<number> {
  const peer = { address: '127.0.0.1', port, as: 64_601, holdTimeSeconds: 90, families: ['ipv4'] as const };
  speaker = createSpeaker({ localAs: 64_512, routerId, peers: [peer] });
  await speaker.start();
  return machineMs();
}

function advertisement(index: number, likeness: Likeness): Advertisement {
  const address = FIRST_ADDRESS + index;
  const prefix = `${address >>> 24}.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}/32`;
  if (likeness === 'shared') return { prefix, attributes: ATTRIBUTES };
  if (likeness === 'spelled') return { prefix, attributes: () => ({ ...ATTRIBUTES, communities: ['64512:100'] }) };
  return { prefix, attributes: { ...ATTRIBUTES, med: index } };
}

function set(count: number, likeness: Likeness): number {
  const wanted = Array.from({ length: count }, (_, index) => advertisement(index, likeness));
  const atMs = machineMs();
  speaker?.set(wanted);
  return atMs;
}

function memory(): number {
  global.gc?.();
  return process.memoryUsage.rss();
}

answering<SpeakerQuestion>(question => {
  switch (question.ask) {
    case 'connect':
      return connect(question.port, question.routerId);
    case 'set':
      return set(question.count, question.likeness);
    case 'memory':
      return memory();
  }
});
