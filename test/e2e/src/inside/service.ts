// What runs behind a VIP in the lab: an HTTP service, and a UDP echo that the probe counts with. Both say the name of the
// machine they run on. UDP sockets are bound to each VIP (a wildcard socket would answer from another address), which
// may not be on the machine yet: the machine needs `net.ipv4.ip_nonlocal_bind=1`.
//
//   node service.mjs --name lb1 --vips 10.99.0.1,2001:db8:99::1 [--http 80] [--udp 7000] [--sick /tmp/sick]
//
// GET /healthcheck answers 503 while the file `--sick` exists; any other path answers the name.
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'nobody' },
    vips: { type: 'string', default: '' },
    http: { type: 'string', default: '80' },
    udp: { type: 'string', default: '7000' },
    sick: { type: 'string', default: '/tmp/sick' },
  },
});

/** Sends each datagram back with the machine's name behind it. */
function echo(address: string): void {
  const name = Buffer.from(values.name);
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' });
  socket.on('message', (message, from) => {
    socket.send(Buffer.concat([message.subarray(0, 8), name]), from.port, from.address);
  });
  // A reply that the kernel refuses (no way back at this moment) is a lost reply, which is the probe's to count.
  socket.on('error', cause => console.error(`udp ${address}: ${cause.message}`));
  socket.bind(Number(values.udp), address);
}

for (const vip of values.vips.split(',').filter(text => text !== '')) echo(vip);

createServer((request, response) => {
  const sick = request.url === '/healthcheck' && existsSync(values.sick);
  response.writeHead(sick ? 503 : 200, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`${sick ? 'sick' : values.name}\n`);
}).listen(Number(values.http), '::', () => console.log(`service of ${values.name} listens`));

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
