/**
 * An announce-only BGP-4 speaker, and a passive listener that keeps what it hears.
 *
 * Its parts without sockets (codec, framer, the session's step) are here for who wants to drive or test them by hand.
 * @packageDocumentation
 */
export * from './advertisement.ts';
export { Framer } from './framer.ts';
export { bestRoute, type HeardAttributes, type HeardRoute } from './heard-rib.ts';
export { createListener, type HeardPeer, type Listener, type ListenerEvent, type ListenerOptions } from './listener.ts';
export { whyNotPeers } from './secured-socket.ts';
export { createSession, step, wakeAt } from './session.ts';
export type { Session, SessionInput, SessionOptions, SessionOutput } from './session-types.ts';
export { createSpeaker } from './speaker.ts';
export { DecodeError } from './wire/decode-error.ts';
export type { Frame } from './wire/header.ts';
export { decodeMessage, encodeMessage, type Message } from './wire/message.ts';
export type { AttributeContext } from './wire/path-attribute.ts';
