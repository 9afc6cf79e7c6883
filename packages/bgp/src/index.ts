/**
 * An announce-only BGP-4 speaker, and a passive listener that keeps what it hears.
 * @packageDocumentation
 */
export * from './advertisement.ts';
export { createSpeaker } from './speaker.ts';
