#!/usr/bin/env node
// The development ZooKeeper as a process of its own: prints `ADDRESS:PORT` on stdout once it listens, its warnings on
// stderr, and runs until SIGINT or SIGTERM.
//
//   main.js [--port PORT] [--address ADDRESS] [--tick-time-ms MS]

import { parseArgs } from 'node:util';
import { startDevelopmentServer } from './server.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    address: { type: 'string', default: '127.0.0.1' },
    'tick-time-ms': { type: 'string', default: '1000' },
  },
});

const server = await startDevelopmentServer({
  address: values.address,
  port: Number(values.port),
  tickTimeMs: Number(values['tick-time-ms']),
  log: (level, message, fields) => {
    if (level === 'warn') console.error(`${message} ${JSON.stringify(fields)}`);
  },
});
console.log(`${server.address}:${server.port}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
