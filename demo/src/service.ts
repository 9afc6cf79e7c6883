// What the load balancers balance, as small as can be: a process of its own that answers `/health` and says its name to
// everything else. Prints its port on stdout, and ends when its standard input does, so it cannot outlive the demo.
//
//   service.js NAME

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const name = process.argv[2] ?? 'nameless';
const server = createServer((request, response) => {
  response.setHeader('connection', 'close');
  response.end(request.url === '/health' ? 'ok\n' : name);
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.on('end', () => process.exit()).resume();
