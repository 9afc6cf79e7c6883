// The client of the lab. It asks every VIP by UDP each few milliseconds and by HTTP (a new connection each time) a little
// slower, and prints one JSON line for each thing that happens: `by` (another machine answers), `gap` (consecutive
// probes without an answer), and a few times a second `settled` (everything sent before `untilMs` is decided).
// Loss is counted in probes, not in time between answers: a probe that stalls itself sends less, and loses nothing.
//
//   node probe.mjs --vips 10.99.0.1,2001:db8:99::1 [--every 5] [--http-every 50] [--give-up 2000] [--quiet]
//
// --quiet leaves out `settled`, for people.
import { createSocket, type Socket } from 'node:dgram';
import { get } from 'node:http';
import { isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';
import { Ledger } from './ledger.ts';

const { values } = parseArgs({
  options: {
    vips: { type: 'string', default: '' },
    every: { type: 'string', default: '5' },
    'http-every': { type: 'string', default: '50' },
    'give-up': { type: 'string', default: '2000' },
    http: { type: 'string', default: '80' },
    udp: { type: 'string', default: '7000' },
    quiet: { type: 'boolean', default: false },
  },
});
const giveUpMs = Number(values['give-up']);
const vips = values.vips.split(',').filter(text => text !== '');

/** Wall clock at the start, monotonic from there on. */
const now = (): number => performance.timeOrigin + performance.now();
const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const printAll = (lines: readonly object[]): void => lines.forEach(print);

/** UDP: target's number and sequence number out, the same and a name back. */
function startUdp(ledgers: readonly Ledger[]): void {
  const sockets = { 4: open('udp4', ledgers), 6: open('udp6', ledgers) };
  setInterval(() => {
    for (const [index, ledger] of ledgers.entries()) {
      const vip = vips[index]!;
      const message = Buffer.alloc(8);
      message.writeUInt32BE(index, 0);
      message.writeUInt32BE(ledger.send(now()), 4);
      // No route at this moment is an error of `send`, and simply one more probe without an answer.
      sockets[isIPv6(vip) ? 6 : 4].send(message, Number(values.udp), vip, () => {});
    }
  }, Number(values.every));
}

function open(type: 'udp4' | 'udp6', ledgers: readonly Ledger[]): Socket {
  const socket = createSocket({ type });
  socket.on('message', message => {
    const ledger = message.length < 8 ? undefined : ledgers[message.readUInt32BE(0)];
    if (ledger !== undefined) printAll(ledger.answer(message.readUInt32BE(4), message.toString('utf8', 8), now()));
  });
  socket.on('error', cause => print({ kind: 'trouble', atMs: now(), text: cause.message }));
  return socket;
}

/** HTTP: a request each time on a connection of its own; anything but a 200 in time is a lost probe. */
function startHttp(ledgers: readonly Ledger[]): void {
  setInterval(() => {
    for (const [index, ledger] of ledgers.entries()) ask(vips[index]!, ledger);
  }, Number(values['http-every']));
}

function ask(vip: string, ledger: Ledger): void {
  const sequence = ledger.send(now());
  const request = get({ host: vip, port: Number(values.http), agent: false, timeout: giveUpMs }, response => {
    let body = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    response.on('end', () => {
      if (response.statusCode === 200) printAll(ledger.answer(sequence, body.trim(), now()));
    });
    response.on('error', () => {});
  });
  request.on('timeout', () => request.destroy());
  request.on('error', () => {});
}

const udp = vips.map(vip => new Ledger(`udp ${vip}`));
const http = vips.map(vip => new Ledger(`http ${vip}`));
const all = [...udp, ...http];
startUdp(udp);
startHttp(http);
setInterval(() => {
  const untilMs = now() - giveUpMs;
  for (const ledger of all) printAll(ledger.settle(untilMs));
  const counts = Object.fromEntries(all.map(({ target, sent, answered }) => [target, { sent, answered }]));
  if (!values.quiet) print({ kind: 'settled', untilMs, counts });
}, 250);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
