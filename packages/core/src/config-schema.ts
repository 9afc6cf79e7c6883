// The configuration file's schema: what may stand where, one value at a time. Rules that look at several values are in
// `config-rules.ts`. An `error` text below says what is WANTED; the parser puts what was found before it. The JSON Schema
// for editors is made from this, so every key carries its description.
import { z } from 'zod';
import { canonicalAddress, canonicalVip, parsePrefix } from './address.ts';
import { DEFAULTS } from './config-defaults.ts';
import { isCommunity, isLargeCommunity, readEndpoint, whyNotRoot, whyNotTarget, whyNotUrl } from './config-text.ts';
import { isName } from './znodes.ts';

/** A text with a rule of its own: `why` gives the reason against it, or null. */
function text(wanted: string, why: (value: string) => string | null) {
  return z.string({ error: wanted }).check(context => {
    const reason = why(context.value);
    if (reason === null) return;
    const because = reason === '' || reason === `it is not ${wanted}` ? '' : `: ${reason}`;
    const message = `"${context.value}" is not ${wanted}${because}`;
    context.issues.push({ code: 'custom', message, input: context.value });
  });
}

const orWhy = (result: { readonly kind: 'ok' } | { readonly kind: 'bad'; readonly why: string }): string | null =>
  result.kind === 'ok' ? null : result.why;
const unless = (good: boolean): string | null => (good ? null : '');

function integer(least: number, most: number) {
  const error = `a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

function seconds(least: number, most: number) {
  const error = `a number of seconds from ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
}

function word<const T extends readonly [string, ...string[]]>(...words: T) {
  return z.enum(words, { error: words.length === 1 ? words[0] : `one of ${words.join(', ')}` });
}

const flag = () => z.boolean({ error: 'true or false' });
const path = () => text('a path', value => unless(value !== '' && !value.includes('\0')));
const absolutePath = () => text('an absolute path', value => unless(/^\/[^\0]*[^\0/]$/.test(value)));
const name = () => text('a name (letters, digits, "." "_" "-", at most 63)', value => unless(isName(value)));
const address = () => text('an IP address', value => orWhy(canonicalAddress(value)));
const endpoint = () => text('an address and port', value => orWhy(readEndpoint(value, null)));

const deviceName = () => text('a device name', value => unless(/^[^\s/:]{1,15}$/.test(value)));

/** A list; `wanted` is said when something else stands there. */
function list<T extends z.ZodType>(item: T, wanted: string, least = 0) {
  return z.array(item, { error: wanted }).min(least, { error: wanted });
}

function group<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, { error: 'a map of keys' });
}

const secret = group({
  file: path().optional().describe('File that holds the secret. It must not be readable by others.'),
  env: text('the name of an environment variable', value => unless(/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)))
    .optional()
    .describe('Environment variable that holds the secret.'),
}).refine(value => (value.file === undefined) !== (value.env === undefined), {
  message: 'expected exactly one of file and env',
});

const zookeeper = group({
  servers: list(
    text('a server', value => orWhy(readEndpoint(value, DEFAULTS.zookeeper.port))),
    'a list of HOST:PORT',
    1,
  ).describe('The ensemble, HOST:PORT each; IPv6 addresses in brackets.'),
  root: text('a znode path', whyNotRoot).default(DEFAULTS.zookeeper.root).describe('Folder of the tree.'),
  sessionTimeoutSeconds: seconds(0.2, 120)
    .default(DEFAULTS.zookeeper.sessionTimeoutSeconds)
    .describe('ZooKeeper session timeout wished for; the servers clamp it to 2..20 of their ticks.'),
  tls: group({
    ca: path().optional().describe('PEM file of the authorities to trust.'),
    cert: path().optional().describe('PEM file of our certificate.'),
    key: path().optional().describe('PEM file of its key.'),
  })
    .optional()
    .describe('TLS towards the servers.'),
  auth: group({ digest: secret.describe('Where USER:PASSWORD is kept.') })
    .optional()
    .describe('Digest authentication.'),
});

const community = () =>
  text('a community (ASN:VALUE, 16 bits each, or a well-known name)', value => unless(isCommunity(value)));
const largeCommunity = () =>
  text('a large community (GLOBAL:LOCAL1:LOCAL2, 32 bits each)', value => unless(isLargeCommunity(value)));
const communities = {
  communities: list(community(), 'a list of communities').optional().describe('RFC 1997 communities.'),
  largeCommunities: list(largeCommunity(), 'a list of large communities').optional().describe('RFC 8092.'),
};
const rankedRole = () =>
  group({
    prepend: integer(0, 30).optional().describe('Own AS prepended so often (eBGP only).'),
    med: integer(0, 0xffff_ffff).optional().describe('MULTI_EXIT_DISC (eBGP only).'),
    localPref: integer(0, 0xffff_ffff).optional().describe('LOCAL_PREF (iBGP only).'),
    ...communities,
  }).optional();

const roles = group({
  authority: rankedRole().describe('Routes of the owner.'),
  standby: rankedRole().describe('Routes of standbys: rank is added to prepend and MED, taken from LOCAL_PREF.'),
  draining: group(communities).optional().describe('Routes being handed over; their length is derived.'),
  lastResort: group(communities).optional().describe('Routes announced though unhealthy; their length is derived.'),
});

const families = () =>
  list(word('ipv4', 'ipv6'), 'a list of ipv4 and ipv6', 1).describe('Address families negotiated with this peer.');
const nextHopText = () =>
  text('"self" or an IP address', value => (value === 'self' ? null : orWhy(canonicalAddress(value))));

const peer = group({
  address: address().describe("The router's address."),
  as: integer(1, 0xffff_ffff).describe("The router's AS; equal to localAs is iBGP."),
  port: integer(1, 65535).default(DEFAULTS.bgp.port),
  localAddress: address().optional().describe('Source address of our connections.'),
  device: deviceName()
    .optional()
    .describe('Network device that the session is bound to (SO_BINDTODEVICE). Needs Linux and koffi.'),
  password: secret
    .optional()
    .describe(
      'Where the TCP-MD5 key (RFC 2385) is kept, 1 to 80 bytes. Needs Linux and koffi; without them the agent does not start. ' +
        'A reload puts another key on the open session (change it at the router first). Root on this host can see it: ss -tnoi.',
    ),
  ttlSecurity: flag()
    .default(DEFAULTS.bgp.peer.ttlSecurity)
    .describe(
      'GTSM (RFC 5082): send with TTL 255, drop what has come more than multihop hops. The router must do the same. Needs ' +
        'Linux and koffi.',
    ),
  passive: flag().default(DEFAULTS.bgp.peer.passive).describe('Wait for the router to connect; needs bgp.listen.'),
  multihop: integer(1, 255)
    .default(DEFAULTS.bgp.peer.multihop)
    .describe(
      'Greatest distance in hops: enforced by ttlSecurity, and as the outgoing TTL of an eBGP peer with a password or device.',
    ),
  holdTimeSeconds: integer(0, 65535)
    .refine(value => value === 0 || value >= 3, {
      error: issue => `is ${issue.input}, expected 0, or 3 to 65535 seconds (RFC 4271 4.2)`,
    })
    .default(DEFAULTS.bgp.peer.holdTimeSeconds)
    .describe('Proposed hold time: 0 (none), or 3 and more. Silent death of a host lasts as long.'),
  connectRetrySeconds: seconds(0.1, 3600).default(DEFAULTS.bgp.peer.connectRetrySeconds),
  families: families().optional(),
  nextHop: z
    .union([nextHopText(), group({ ipv4: nextHopText().optional(), ipv6: nextHopText().optional() })], {
      error: 'self, an IP address, or a map of ipv4 and ipv6',
    })
    .default(DEFAULTS.bgp.peer.nextHop)
    .describe('self is the local address of the session; an address is for the routes of its own family.'),
  bfd: group({
    intervalMs: integer(10, 60_000)
      .default(DEFAULTS.bgp.peer.bfd.intervalMs)
      .describe('Milliseconds between packets, both ways. Below 300 only on a host that is never short of processors.'),
    multiplier: integer(1, 255)
      .default(DEFAULTS.bgp.peer.bfd.multiplier)
      .describe('Intervals of silence until the router takes this host for dead.'),
  })
    .optional()
    .describe(
      'Keep a BFD session with this router (RFC 5881, single hop). Going Down ends the BGP session at once; a main loop ' +
        'that hangs for the hold time takes it Down. Absent: no BFD.',
    ),
  maxPrefixes: integer(1, 1_000_000).optional().describe('Never announce more than this: the router would hang up.'),
  communities: word('keep', 'none').default(DEFAULTS.bgp.peer.communities),
  gracefulRestart: z.literal(false, { error: 'false' }).default(false),
});

const bgp = group({
  speaker: word('embedded').default('embedded'),
  localAs: integer(1, 0xffff_ffff).describe('Our AS number.'),
  routerId: text('a router id', value => {
    const read = canonicalAddress(value);
    if (read.kind === 'bad' || read.family === 'ipv6') return 'it is written as an IPv4 address';
    return value === '0.0.0.0' ? '0.0.0.0 is not allowed (RFC 6286)' : null;
  }).describe('BGP identifier, written as an IPv4 address.'),
  listen: endpoint().optional().describe('Where to listen; only if some peer is passive towards us.'),
  allow: list(
    text('a prefix', value => orWhy(parsePrefix(value))),
    'a list of prefixes, at least one',
    1,
  ).describe('Nothing outside these prefixes is ever announced.'),
  minSessions: integer(1, 1000)
    .default(DEFAULTS.bgp.minSessions)
    .describe("BGP sessions Established in a VIP's family that make this agent able to announce it."),
  preference: word('fast', 'strict')
    .default(DEFAULTS.bgp.preference)
    .describe(
      'fast: a standby prepends once; the fabric above the racks prefers the owner and holds both paths, so a switch is instant. ' +
        'strict: a standby prepends three times; the owner is preferred everywhere in a leaf-spine, but the standby stays hidden ' +
        "behind its own router until the owner's route is withdrawn: fail-over then waits for the routers' MRAI, twice (10 s dark " +
        'was measured with an MRAI of 10 s; 30 s is a common default).',
    ),
  roles: roles.optional().describe('How roles are spelled as path attributes.'),
  peers: list(peer, 'a list of peers, at least one', 1),
});

const check = group({
  name: name().optional().describe('Default: the kind of the check.'),
  http: text('a URL', whyNotUrl).optional().describe('GET this; 200 to 399 is good. {vip} is replaced.'),
  tcp: text('an address and port', whyNotTarget).optional().describe('Connect to HOST:PORT. {vip} is replaced.'),
  command: list(
    text('a word', value => unless(!value.includes('\0'))),
    'a list of words, the program first',
    1,
  )
    .optional()
    .describe('Run this, without a shell; exit 0 is good. {vip} is replaced.'),
  intervalSeconds: seconds(0.05, 3600).default(DEFAULTS.check.intervalSeconds),
  fastIntervalSeconds: seconds(0.05, 3600)
    .optional()
    .describe(`While probe and verdict disagree. Default ${DEFAULTS.check.fastIntervalSeconds}, at most the interval.`),
  timeoutSeconds: seconds(0.01, 300).default(DEFAULTS.check.timeoutSeconds),
  rise: integer(1, 100).default(DEFAULTS.check.rise).describe('So many good probes in a row make it passing.'),
  fall: integer(1, 100).default(DEFAULTS.check.fall).describe('So many bad probes in a row make it failing.'),
});

const service = group({
  name: name().describe('The same on all agents of the service.'),
  vips: list(
    text('a VIP', value => orWhy(canonicalVip(value))),
    'a list of VIPs',
  )
    .default([])
    .describe('The VIPs this agent owns. None: it only stands by.'),
  mode: word('authority').default(DEFAULTS.service.mode),
  takeOver: word('hot', 'reactive').default(DEFAULTS.service.takeOver),
  standbyDepth: integer(1, 7)
    .optional()
    .describe(`Standbys announced beside an announcer. Default ${DEFAULTS.service.standbyDepth}.`),
  announcers: integer(1, 8)
    .default(DEFAULTS.service.announcers)
    .describe("Announcers while the owner's route is not out."),
  priority: integer(0, 65535).default(DEFAULTS.service.priority).describe('Higher covers first.'),
  failback: word('immediate').default(DEFAULTS.service.failback),
  settleSeconds: seconds(0, 300)
    .default(DEFAULTS.service.settleSeconds)
    .describe('A route is out so long before it is claimed.'),
  releaseDelaySeconds: seconds(0, 3600)
    .default(DEFAULTS.service.releaseDelaySeconds)
    .describe(
      "A better claim must have stood so long before a cover goes. At least the session timeout + settle, and the fabric's MRAI.",
    ),
  coverTimeoutSeconds: seconds(0, 300).default(DEFAULTS.service.coverTimeoutSeconds),
  onUnhealthy: word('withdraw', 'last-resort').default(DEFAULTS.service.onUnhealthy),
  checks: z
    .union([z.literal('none'), list(check, 'a list of checks, or none')], { error: 'a list of checks, or none' })
    .describe('Health checks; `none` must be spelled out.'),
  require: z
    .union([word('all', 'any'), group({ atLeast: integer(1, 100) })], { error: 'all, any or {atLeast: N}' })
    .default(DEFAULTS.service.require)
    .describe('How many checks must pass.'),
});

/** The whole file. Parse with it only what `config-parse.ts` has read; its messages are halves of sentences. */
export const configSchema = group({
  agent: name().optional().describe('Unique within each service. Default: the host name.'),
  zookeeper,
  coldStart: group({
    waitSeconds: seconds(0, 86400).default(DEFAULTS.coldStart.waitSeconds),
    then: word('last-resort', 'wait').default(DEFAULTS.coldStart.then),
  })
    .prefault({})
    .describe(
      'Start while ZooKeeper is down: wait so long, then announce the own VIPs as last resort, or go on waiting.',
    ),
  stateFile: absolutePath().default(DEFAULTS.stateFile).describe('What is remembered for a start without ZooKeeper.'),
  adoptAfterSeconds: seconds(0, 86400 * 365)
    .default(DEFAULTS.adoptAfterSeconds)
    .describe('A configured VIP whose owner has been gone so long is adopted.'),
  bgp,
  services: list(service, 'a list of services, at least one', 1),
  addresses: group({
    manage: flag().default(DEFAULTS.addresses.manage).describe('Put VIPs on the device before they are announced.'),
    device: deviceName().default(DEFAULTS.addresses.device),
    leaseSeconds: integer(3, 86400)
      .default(DEFAULTS.addresses.leaseSeconds)
      .describe('Kernel lease of an address, renewed three times within; at least 2 x hold time + one renewal.'),
  }).prefault({}),
  shutdownSeconds: seconds(0, 3600).default(DEFAULTS.shutdownSeconds).describe('Longest drain after SIGTERM.'),
  admin: group({ listen: endpoint().default(DEFAULTS.admin.listen) }).prefault({}),
  log: group({ level: word('debug', 'info', 'warn', 'error').default(DEFAULTS.log.level) }).prefault({}),
});

/** The file after the schema, before it becomes a `Config`. */
export type ConfigDraft = z.output<typeof configSchema>;
/** One peer of the draft. */
export type PeerDraft = ConfigDraft['bgp']['peers'][number];
/** One service of the draft. */
export type ServiceDraft = ConfigDraft['services'][number];
/** One check of the draft. */
export type CheckDraft = Exclude<ServiceDraft['checks'], 'none'>[number];

/** The JSON Schema (draft 2020-12) of the file, for editors: what may be written, defaults included. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  return { ...z.toJSONSchema(configSchema, { io: 'input' }), title: 'Vipkeeper agent configuration' };
}
