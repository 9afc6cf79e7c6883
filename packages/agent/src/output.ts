// Where log lines leave the process. Nothing that stands behind the file descriptor may hold the agent up, neither while
// it runs nor when it ends: a reader that has stopped reading, a reader that is gone, a disk that is full.
//
// So lines wait in a bounded buffer and are dropped when it is full, an error loses what was being written, and nothing is
// flushed at exit. Pipes and sockets are written without blocking: a blocked write would occupy a thread, and the process
// could not even exit before it returned.
import { fstatSync, write as writeFile } from 'node:fs';
import { Socket } from 'node:net';

/** Takes whole lines. Never throws, never blocks. */
export interface Output {
  write(line: string): void;
}

const MOST_WAITING_BYTES = 1024 * 1024;

/** Writes to this file descriptor, whatever it is. */
export function outputTo(fd: number): Output {
  return isPipe(fd) ? pipeOutput(fd) : fileOutput(fd);
}

function isPipe(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

function pipeOutput(fd: number): Output {
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on('error', () => {});
  socket.unref();
  return {
    write: line => {
      if (!socket.destroyed && socket.writableLength + line.length <= MOST_WAITING_BYTES) socket.write(line);
    },
  };
}

function fileOutput(fd: number): Output {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let busy = false;

  const pump = (): void => {
    if (busy || waiting.length === 0) return;
    const chunk = Buffer.concat(waiting);
    waiting = [];
    busy = true;
    writeFile(fd, chunk, (error, written) => {
      busy = false;
      const rest = error === null && written < chunk.length ? [chunk.subarray(written)] : [];
      bytes -= rest.length === 0 ? chunk.length : written;
      waiting = [...rest, ...waiting];
      pump();
    });
  };

  return {
    write: line => {
      const data = Buffer.from(line);
      if (bytes + data.length > MOST_WAITING_BYTES) return;
      bytes += data.length;
      waiting.push(data);
      pump();
    },
  };
}
