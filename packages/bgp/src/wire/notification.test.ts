import { describe, expect, it } from 'vitest';
import { cease, decodeNotification, describeNotification, shutdownText } from './notification.ts';

describe('NOTIFICATION', () => {
  it('carries the shutdown text with its length in front (RFC 9003)', () => {
    expect([...cease(2, 'bye').data]).toEqual([3, 0x62, 0x79, 0x65]);
  });

  it('cuts a long text after a whole character', () => {
    const message = cease(4, 'é'.repeat(200));
    expect(message.data.length).toBe(1 + 254);
    expect(shutdownText(message)).toBe('é'.repeat(127));
  });

  it('carries no text where RFC 9003 knows none', () => {
    expect(cease(3, 'ignored').data).toEqual(new Uint8Array(0));
  });

  it.each([
    [decodeNotification(Uint8Array.of(2, 2)), 'OPEN Message Error/Bad Peer AS'],
    [decodeNotification(Uint8Array.of(4, 0)), 'Hold Timer Expired'],
    [decodeNotification(Uint8Array.of(6, 10)), 'Cease/BFD Down'],
    [decodeNotification(Uint8Array.of(6, 99)), 'Cease/99'],
    [decodeNotification(Uint8Array.of(77, 5)), 'error 77/5'],
    [cease(2, 'line\nbreak'), 'Cease/Administrative Shutdown ("line break")'],
    [decodeNotification(Uint8Array.of(6, 2, 200, 0x41)), 'Cease/Administrative Shutdown'],
  ])('is called by its name: %#', (message, name) => {
    expect(describeNotification(message)).toBe(name);
  });
});
