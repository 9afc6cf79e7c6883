// Sockets with options that node:net does not know. The order is the point: everything is set before a connection is
// asked for or accepted, so that no session ever begins without what its peer is configured with.

import { type Server, Socket } from 'node:net';
import type { Family, PeerOptions } from './advertisement.ts';
import { familyOf, parseIpAddress } from './ip-address.ts';
import { bindSocket, closeSocket, descriptorOf, openSocket, setOptions } from './native-socket.ts';
import { type CheckedPeer, checkPeers } from './options.ts';
import {
  fullTtlCalls,
  type ListenerNeeds,
  listenCalls,
  type OptionCall,
  optionCalls,
  type PeerPassword,
  passwordCall,
  type SocketOptions,
  socketAddress,
  socketOptionsOf,
} from './socket-options.ts';

/** An open socket on which `use` went well; closed again when it throws. */
function prepared(family: Family, use: (fd: number) => void): number {
  const fd = openSocket(family);
  try {
    use(fd);
    return fd;
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}

/** A socket that is ready to connect to this address. Throws with the name of the option that cannot be set. */
export function securedSocket(address: string, options: SocketOptions): Socket {
  const family = familyOf(address);
  return new Socket({ fd: prepared(family, fd => setOptions(fd, optionCalls(options, address, family))) });
}

/** The same for a socket that Node has open, whatever its state. */
export function secureSocket(
  socket: Socket,
  peer: { readonly address: string; readonly socketFamily: Family },
  options: SocketOptions,
): void {
  setOptions(descriptorOf(socket), optionCalls(options, peer.address, peer.socketFamily));
}

/** The keys that connections to this address may be signed with: a listener of one family hears nothing of the other. */
function fitting(keys: readonly PeerPassword[], family: Family): readonly PeerPassword[] {
  return keys.filter(({ address }) => family === 'ipv6' || familyOf(address) === 'ipv4');
}

function neededCalls({ keys, fullTtl }: ListenerNeeds, family: Family): readonly OptionCall[] {
  const passwords = fitting(keys, family).map(key => passwordCall(key, family));
  return fullTtl ? [...fullTtlCalls(family), ...passwords] : passwords;
}

/** A bound descriptor whose peers must sign from the first segment on. */
export function securedListening(
  at: { readonly address: string; readonly port: number },
  needs: ListenerNeeds,
): number {
  if (parseIpAddress(at.address) === undefined) {
    throw new Error('with password or ttlSecurity, the address to listen on must be an IP address');
  }
  const family = familyOf(at.address);
  return prepared(family, fd => {
    setOptions(fd, [...listenCalls(family), ...neededCalls(needs, family)]);
    bindSocket(fd, socketAddress(at.address, at.port, family));
  });
}

/** The same for a listener that is open: sets, replaces or (password undefined) takes away these keys. */
export function secureListener(server: Server, address: string, needs: ListenerNeeds): void {
  const calls = neededCalls(needs, familyOf(address));
  if (calls.length > 0) setOptions(descriptorOf(server), calls);
}

/**
 * Throws unless this machine can do what the peers ask for; found out by doing it on sockets that are closed again. The
 * message names the peer, the option and what is missing, and no password.
 */
export function checkSocketOptions(peers: readonly CheckedPeer[], localAs: number): void {
  for (const peer of peers) {
    const options = socketOptionsOf(peer, localAs);
    if (options === undefined) continue;
    try {
      const family = familyOf(peer.address);
      closeSocket(prepared(family, fd => setOptions(fd, optionCalls(options, peer.address, family))));
    } catch (cause) {
      const wanted = [
        ...(peer.password === undefined ? [] : ['password']),
        ...(peer.ttlSecurity ? ['ttlSecurity'] : []),
        ...(peer.device === undefined ? [] : ['device']),
      ].join(', ');
      throw new Error(`Cannot use peer ${peer.key} with ${wanted}: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Why these peers could not be used here, in one sentence without any password, or null: what a speaker would throw. */
export function whyNotPeers(localAs: number, peers: readonly PeerOptions[]): string | null {
  try {
    checkSocketOptions(checkPeers(peers), localAs);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
