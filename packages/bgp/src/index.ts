/**
 * An announce-only BGP-4 speaker, and a passive listener that keeps what it hears.
 * @packageDocumentation
 */
export * from './advertisement.ts';
export { bestRoute, type HeardAttributes, type HeardRoute } from './heard-rib.ts';
export { createListener, type HeardPeer, type Listener, type ListenerEvent, type ListenerOptions } from './listener.ts';
export { createSpeaker } from './speaker.ts';
