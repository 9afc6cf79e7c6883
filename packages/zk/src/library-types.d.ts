// What we use of node-zookeeper-client 1.1.3, and no more. The published types are stale; these were read off the source.
// Private members are listed too: the library is pinned to the digit, and its start is refused if one of them is missing.
declare module 'node-zookeeper-client/lib/jute/index.js' {
  export class JuteRecord {
    byteLength(): number;
    [field: string]: unknown;
  }
  export type JuteClass = new (...fields: unknown[]) => JuteRecord;
  interface Jute {
    readonly OP_CODES: Readonly<Record<string, number>>;
    readonly XID_PING: number;
    readonly XID_NOTIFICATION: number;
    readonly XID_AUTHENTICATION: number;
    readonly Request: new (header: JuteRecord | null, payload: unknown) => JuteRequest;
    readonly TransactionRequest: new (ops: readonly unknown[]) => { byteLength(): number };
    readonly protocol: Readonly<Record<string, JuteClass>>;
    readonly data: Readonly<Record<string, JuteClass>>;
  }
  export interface JuteRequest {
    readonly header: { readonly xid: number; readonly type: number } | null;
    toBuffer(): Buffer;
  }
  const jute: Jute;
  export default jute;
}

declare module 'node-zookeeper-client/lib/ConnectionManager.js' {
  import type { Socket } from 'node:net';
  import type { JuteRequest } from 'node-zookeeper-client/lib/jute/index.js';

  interface Packet {
    readonly request: JuteRequest;
    readonly callback: (error: Error | null, response?: { readonly payload: unknown }) => void;
  }
  class ConnectionManager {
    static readonly STATES: Readonly<Record<string, number>>;
    constructor(
      servers: string,
      options: { sessionTimeout: number; spinDelay: number; sessionId: Buffer; sessionPassword: Buffer },
      onState: (state: number) => void,
    );
    state: number;
    socket: Socket;
    zxid: Buffer;
    sessionId: Buffer;
    sessionPassword: Buffer;
    sessionTimeout: number;
    credentials: { scheme: string; auth: Buffer }[];
    watcherManager: unknown;
    packetQueue: { queue: Packet[] };
    pendingQueue: Packet[];
    connect(): void;
    close(): void;
    queue(request: JuteRequest, callback?: Packet['callback']): void;
    onSocketConnected(): void;
    onSocketData(frame: Buffer): void;
    onSocketDrain(): void;
    onSocketTimeout(): void;
    onPacketQueueReadable(): void;
    setState(state: number): void;
  }
  export default ConnectionManager;
}
