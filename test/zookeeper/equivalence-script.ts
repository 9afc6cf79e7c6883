// One long story told to a ZooKeeper server, and everything it answers. It goes through the corners where an imitation
// would give itself away: which error wins, what a refused change costs, in which order watches fire, who hears twice.
//
// After each line every other client makes a silent round trip, so that all events the line set off have arrived and
// stand under it.

import { Normaliser, type Place, RawClient, type RawRequest, type Received } from './raw-client.ts';

/** One line of the story with what each client received because of it. */
export interface Entry {
  readonly line: string;
  readonly received: Readonly<Record<string, readonly Received[]>>;
}

type AclField = readonly (readonly [number, string, string])[];
const OPEN: AclField = [[31, 'world', 'anyone']];
const bytes = (text: string) => Buffer.from(text);
const acl = (entries: AclField) => [entries.length, ...entries.flat()];
const strings = (...items: string[]) => [items.length, ...items];

/** Requests by name. */
const ask = {
  create: (path: string, data: string | null = '', flags = 0, list = OPEN): RawRequest => ({
    type: 1,
    body: [path, data === null ? null : bytes(data), acl(list), flags],
  }),
  create2: (path: string, flags = 0): RawRequest => ({ type: 15, body: [path, bytes('two'), acl(OPEN), flags] }),
  delete: (path: string, version = -1): RawRequest => ({ type: 2, body: [path, version] }),
  exists: (path: string, watch = false): RawRequest => ({ type: 3, body: [path, watch] }),
  get: (path: string, watch = false): RawRequest => ({ type: 4, body: [path, watch] }),
  set: (path: string, data: string | null, version = -1): RawRequest => ({
    type: 5,
    body: [path, data === null ? null : bytes(data), version],
  }),
  getAcl: (path: string): RawRequest => ({ type: 6, body: [path] }),
  setAcl: (path: string, list: AclField, version = -1): RawRequest => ({ type: 7, body: [path, acl(list), version] }),
  children: (path: string, watch = false): RawRequest => ({ type: 8, body: [path, watch] }),
  children2: (path: string, watch = false): RawRequest => ({ type: 12, body: [path, watch] }),
  sync: (path: string): RawRequest => ({ type: 9, body: [path] }),
  check: (path: string, version: number): RawRequest => ({ type: 13, body: [path, version] }),
  auth: (scheme: string, secret: string): RawRequest => ({ type: 100, xid: -4, body: [0, scheme, bytes(secret)] }),
  close: (): RawRequest => ({ type: -11, body: [] }),
  multi: (...steps: readonly RawRequest[]): RawRequest => ({
    type: 14,
    body: [...steps.map(step => [step.type, false, -1, ...step.body]), -1, true, -1],
  }),
  setWatches: (zxid: bigint, data: string[], exist: string[], child: string[]): RawRequest => ({
    type: 101,
    xid: -8,
    body: [zxid, strings(...data), strings(...exist), strings(...child)],
  }),
};

class Story {
  readonly #place: Place;
  readonly #normaliser = new Normaliser();
  readonly #clients = new Map<string, RawClient>();
  readonly entries: Entry[] = [];

  constructor(place: Place) {
    this.#place = place;
  }

  client(name: string): RawClient {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`no client ${name}`);
    return client;
  }

  async open(name: string, wish: Partial<Parameters<RawClient['open']>[0]> = {}): Promise<RawClient> {
    const client = new RawClient(name, this.#place, this.#normaliser);
    this.#clients.set(name, client);
    await client.open({ timeoutMs: 5000, ...wish });
    await this.#note(`${name} connects`);
    return client;
  }

  async say(name: string, ...requests: readonly RawRequest[]): Promise<void> {
    await this.client(name).ask(...requests);
    await this.#note(
      `${name}: ${requests.map(request => JSON.stringify([request.type, request.body], show)).join('; ')}`,
    );
  }

  async note(line: string, happening: () => Promise<void> | void): Promise<void> {
    await happening();
    await this.#note(line);
  }

  /** A client whose connection is over and whose end is on record. */
  leave(name: string): void {
    this.#clients.delete(name);
  }

  end(): void {
    for (const client of this.#clients.values()) client.cut();
  }

  async #note(line: string): Promise<void> {
    for (const client of this.#clients.values()) await client.settle();
    const received: Record<string, readonly Received[]> = {};
    for (const [name, client] of this.#clients) {
      const news = client.take();
      if (news.length > 0) received[name] = news;
    }
    this.entries.push({ line, received });
  }
}

/** Plays the story against a fresh server. Takes a few seconds, most of them waiting for an expiry. */
export async function playStory(place: Place): Promise<readonly Entry[]> {
  const story = new Story(place);
  try {
    await story.open('A');
    await story.open('B');
    await tellChanges(story);
    await tellSequences(story);
    await tellWatches(story);
    await tellTransactions(story);
    await tellPermissions(story);
    await tellReconnection(story);
    await tellEndings(story);
    return story.entries;
  } finally {
    story.end();
  }
}

async function tellChanges(story: Story): Promise<void> {
  await story.say('A', ask.exists('/'), ask.children2('/'), ask.children2('/zookeeper'), ask.get('/'));
  await story.say('A', ask.create('/a', 'one'), ask.get('/a'), ask.create('/a', 'again'), ask.exists('/a'));
  await story.say('A', ask.create('/none/x'), ask.create('a'), ask.create(''), ask.create('/'), ask.create('/a/'));
  await story.say('A', ask.create('/none/'), ask.create('/a//b'), ask.create('/a/../b'), ask.create('/a/\u0001'));
  await story.say('A', ask.create('/a/b', null), ask.get('/a/b'), ask.create2('/a/c'), ask.create2('/a/c'));
  await story.say('A', ask.create('/a/bad', '', 9), ask.create('/a/bad', '', 0, []));
  await story.say('A', ask.set('/a', 'two', 0), ask.set('/a', 'three', 0), ask.set('/a', null), ask.get('/a'));
  await story.say('A', ask.set('/none', ''), ask.set('bad', ''), ask.set('/', 'root'), ask.get(''), ask.get('/a/'));
  await story.say('A', ask.delete('/a'), ask.delete('/a/b', 5), ask.delete('/none'), ask.delete('/none/x'));
  await story.say('A', ask.delete('/'), ask.delete('/zookeeper'), ask.delete('/zookeeper/quota'), ask.delete('x'));
  await story.say('A', ask.delete('/a/b'), ask.exists('/a'), ask.exists('/a/b'), ask.get('/a/b'));
  await story.say('A', ask.children('/a'), ask.children('/none'), ask.children2('/none'), ask.sync('/a'));
  await story.say('A', ask.create('/e', 'mine', 1), ask.create('/e/x'), ask.exists('/e'), ask.delete('/e'));
  await story.say('A', ask.exists('relative'), ask.children('relative'), ask.sync('relative'));
}

async function tellSequences(story: Story): Promise<void> {
  await story.say('A', ask.create('/s'), ask.create('/s/n-', '', 2), ask.create('/s/n-', '', 2));
  await story.say('A', ask.create('/s/plain'), ask.delete('/s/n-0000000000'), ask.create('/s/e-', '', 3));
  await story.say('A', ask.create('/s/', '', 2), ask.children2('/s'), ask.create('/s/n-0000000009'));
  await story.say('A', ask.exists('/s/e-0000000003'), ask.create('/s/bad\u0000', '', 2));
}

async function tellWatches(story: Story): Promise<void> {
  await story.say('B', ask.exists('/w', true), ask.get('/w', true), ask.children('/w', true), ask.children('/', true));
  await story.say('A', ask.create('/w', 'x'));
  await story.say('A', ask.set('/w', 'unheard'));
  await story.say('B', ask.get('/w', true), ask.exists('/w', true), ask.children2('/w', true));
  await story.say('A', ask.set('/w', 'heard'), ask.set('/w', 'unheard'));
  await story.say('A', ask.create('/w/c'), ask.delete('/w/c'));
  await story.say('B', ask.exists('/w', true), ask.children('/w', true));
  await story.say('A', ask.delete('/w'));
  await story.say('A', ask.create('/w'));
  await story.say('A', ask.get('/w', true), ask.set('/w', 'own'), ask.get('/w'), ask.delete('/w', 7), ask.delete('/w'));
  await story.say('B', ask.children('/', true));
  await story.say('A', ask.setAcl('/a', OPEN), ask.create('/w'), ask.delete('/w'));
  await story.say('A', ask.create('/deep'), ask.create('/deep/er'));
  await story.say('B', ask.children('/deep', true), ask.get('/deep/er', true));
  await story.say('A', ask.delete('/deep/er'), ask.delete('/deep'));
}

async function tellTransactions(story: Story): Promise<void> {
  await story.say('A', ask.create('/m', 'v0'));
  await story.say('B', ask.children('/m', true), ask.exists('/m/x', true), ask.get('/m', true));
  const good = [ask.create('/m/x', '1'), ask.set('/m/x', '2', 0), ask.check('/m/x', 1), ask.set('/m', 'v1', 0)];
  await story.say('A', ask.multi(...good), ask.get('/m/x'), ask.exists('/m'));
  await story.say('B', ask.exists('/m/x', true), ask.children('/m', true));
  await story.say('A', ask.multi(ask.delete('/m/x'), ask.create('/m/x', 'new', 1)), ask.get('/m/x'), ask.exists('/m'));
  const bad = [ask.create('/m/y'), ask.set('/m', 'v9', 9), ask.create('/m/z'), ask.delete('/none')];
  await story.say('A', ask.multi(...bad), ask.exists('/m'), ask.children2('/m'), ask.exists('/m/y'));
  await story.say('A', ask.multi(ask.create('/m/q', '', 1), ask.create('/m/q')), ask.create('/m/s-', '', 2));
  await story.say('A', ask.multi(ask.check('/none', 0)), ask.multi(ask.check('/m', 99)), ask.multi());
  await story.say('A', ask.multi(ask.create('/m/s-', '', 2), ask.create('/m/s-', '', 3)), ask.children2('/m'));
  await story.say('A', ask.multi(ask.delete('/m'), ask.create('relative')), ask.exists('/m'));
}

const SECRET = 'user:secret';
/** sha1 of `user:secret`, in base64. */
const DIGEST = 'user:5w9W4eL3797Y4Wq8AcKUPPk8ha4=';

async function tellPermissions(story: Story): Promise<void> {
  const auth: AclField = [[31, 'auth', '']];
  await story.say('A', ask.create('/p', 'x', 0, auth), ask.create('/p', 'x', 0, [[31, 'unknown', 'id']]));
  await story.say('A', ask.create('/p', 'x', 0, [[31, 'digest', 'nohash']]), ask.setAcl('/a', []));
  await story.say('A', ask.auth('digest', SECRET));
  await story.say('A', ask.create('/p', 'x', 0, auth), ask.getAcl('/p'), ask.getAcl('/'), ask.getAcl('/none'));
  await story.say('B', ask.get('/p'), ask.set('/p', 'y'), ask.children('/p'), ask.create('/p/c'), ask.exists('/p'));
  await story.say('B', ask.getAcl('/p'), ask.setAcl('/p', OPEN), ask.delete('/p/none'), ask.delete('/p/none/x'));
  await story.say('B', ask.multi(ask.check('/p', 0)), ask.get('/p', true), ask.exists('/p', true));
  await story.say(
    'A',
    ask.setAcl(
      '/p',
      [
        [1, 'world', 'anyone'],
        [31, 'digest', DIGEST],
        [1, 'world', 'anyone'],
      ],
      0,
    ),
  );
  await story.say('A', ask.setAcl('/p', OPEN, 0), ask.setAcl('/none', OPEN), ask.setAcl('bad', OPEN), ask.getAcl('/p'));
  await story.say('B', ask.get('/p'), ask.getAcl('/p'), ask.set('/p', 'y'), ask.set('/p', 'y', 9));
  await story.say('A', ask.create('/p/c'), ask.create('/zookeeper/own'), ask.delete('/zookeeper/own'));
  await story.say('B', ask.delete('/p/c'));
  await story.say('B', ask.auth('digest', SECRET));
  await story.say('B', ask.delete('/p/c'), ask.delete('/p'));
  await story.say('A', ask.getAcl('/zookeeper/config'), ask.set('/zookeeper/config', 'x'));
  await story.open('C');
  await story.say('C', ask.auth('nonsense', 'x'));
  story.leave('C');
}

async function tellReconnection(story: Story): Promise<void> {
  const first = await story.open('D', { withReadOnly: false });
  const session = { sessionId: first.sessionId, password: first.password };
  await story.say('A', ask.create('/r'), ask.create('/r/gone'), ask.create('/r/same'), ask.create('/r/changed'));
  await story.say('D', ask.create('/r/mine', '', 1), ask.get('/r/same', true));
  const seen = story.client('A').lastZxid;
  await story.note('D loses its connection', () => first.cut());
  story.leave('D');
  await story.say('A', ask.delete('/r/gone'), ask.set('/r/changed', 'x'), ask.create('/r/appeared'));
  await story.open('D', { ...session, lastZxid: seen });
  const data = ['/r/gone', '/r/changed', '/r/same'];
  await story.say('D', ask.setWatches(seen, data, ['/r/appeared', '/r/later'], ['/r', '/r/same', '/r/gone']));
  await story.say('A', ask.set('/r/same', 'x'), ask.create('/r/later'), ask.create('/r/same/c'), ask.create('/r/more'));
  await story.say('D', ask.exists('/r/mine'));
  await story.open('E', { ...session, password: new Uint8Array(16) });
  await story.note('the wrong password ends both connections, but not the session', async () => {
    await story.client('E').closed();
    await story.client('D').closed();
  });
  story.leave('E');
  story.leave('D');
  await story.say('A', ask.exists('/r/mine'));
  await story.open('D', session);
  await story.open('E', { sessionId: 0x1234n, password: new Uint8Array(16) });
  await story.note('an unknown session', () => story.client('E').closed());
  story.leave('E');
  await story.open('E', session);
  await story.note('one session has one connection', () => story.client('D').closed());
  story.leave('D');
  await story.open('F', { lastZxid: 0x7000000000000000n });
  story.leave('F');
}

async function tellEndings(story: Story): Promise<void> {
  await story.open('G', { timeoutMs: 1 });
  await story.open('H', { timeoutMs: 1_000_000_000 });
  await story.say('G', ask.create('/g', '', 1));
  await story.say('H', ask.create('/h', '', 1));
  await story.say('A', ask.exists('/g', true), ask.exists('/h', true), ask.children('/', true));
  await story.say('H', ask.get('/h', true), ask.close());
  story.leave('H');
  await story.note('G is silent until it expires', async () => {
    story.client('G').cut();
    await story.client('A').something();
  });
  story.leave('G');
  await story.say('A', ask.exists('/g'), ask.exists('/'));
  await story.open('I');
  await story.say('I', { type: 999, body: [] });
  story.leave('I');
  await story.open('J');
  await story.note('a packet beyond the limit', async () => {
    story.client('J').sendBytes(Buffer.from('7fffffff', 'hex'));
    await story.client('J').closed();
  });
}

function show(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? 'zxid' : value;
}
