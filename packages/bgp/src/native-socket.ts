// The only file that leaves JavaScript: the few calls of libc that node:net has no words for, through the optional
// package koffi. It is loaded when the first peer needs it and never otherwise, since it costs memory. Node keeps the
// sockets: what is opened here is handed over as a file descriptor, and what Node opened is reached by its descriptor.

import { createRequire } from 'node:module';
import type { Server, Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { Family } from './advertisement.ts';
import type { OptionCall } from './socket-options.ts';

interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: number) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly close: (fd: number) => number;
  readonly errno: () => number;
}

/** The part of koffi that is used. */
interface Koffi {
  load(library: null): { func(prototype: string): (...words: unknown[]) => number };
  errno(): number;
}

const DOMAIN: Readonly<Record<Family, number>> = { ipv4: 2, ipv6: 10 };
/** SOCK_STREAM, SOCK_NONBLOCK and SOCK_CLOEXEC of Linux. */
const STREAM = 0o1 | 0o4000 | 0o2000000;

let loaded: Libc | undefined;

function libc(): Libc {
  loaded ??= load();
  return loaded;
}

function load(): Libc {
  if (process.platform !== 'linux') throw new Error(`it needs Linux, and this is ${process.platform}`);
  const koffi = loadKoffi();
  const library = koffi.load(null);
  return {
    socket: library.func('int socket(int domain, int type, int protocol)'),
    setsockopt: library.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
    bind: library.func('int bind(int fd, const void *address, uint32_t length)'),
    close: library.func('int close(int fd)'),
    errno: () => koffi.errno(),
  };
}

function loadKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as Koffi;
  } catch (cause) {
    throw new Error('it needs the optional package koffi, which cannot be loaded: install koffi 3', { cause });
  }
}

/** Throws with the name of what failed; never with a value, which may be a password. */
function check(what: string, result: number): number {
  if (result >= 0) return result;
  throw new Error(`${what} failed: ${getSystemErrorName(-libc().errno())}`);
}

/** A TCP socket that neither blocks nor is inherited. Throws with the reason. */
export function openSocket(family: Family): number {
  const { socket } = libc();
  return check(`socket (${family})`, socket(DOMAIN[family], STREAM, 0));
}

/** Sets options in this order. Throws at the first that the kernel refuses, with its name. */
export function setOptions(fd: number, calls: readonly OptionCall[]): void {
  const { setsockopt } = libc();
  for (const { what, level, name, value } of calls) check(what, setsockopt(fd, level, name, value, value.length));
}

/** `address` is a sockaddr. Throws with the reason. */
export function bindSocket(fd: number, address: Uint8Array): void {
  check('bind', libc().bind(fd, address, address.length));
}

/** For a socket that was not handed to Node. */
export function closeSocket(fd: number): void {
  libc().close(fd);
}

/** The descriptor behind a socket of Node's. Throws when it is closed already. */
export function descriptorOf(socket: Socket | Server): number {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: number } | null };
  const fd = handle?.fd;
  if (fd === undefined || fd < 0) throw new Error('the socket has no descriptor');
  return fd;
}
