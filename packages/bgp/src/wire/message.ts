// The five messages as one union, and the two functions that pick the right codec for each.

import { ERROR, MESSAGE_TYPE } from './codes.ts';
import { DecodeError } from './decode-error.ts';
import type { Frame } from './header.ts';
import { decodeKeepalive, encodeKeepalive, type KeepaliveMessage } from './keepalive.ts';
import { decodeNotification, encodeNotification, type NotificationMessage } from './notification.ts';
import { decodeOpen, encodeOpen, type OpenMessage } from './open.ts';
import type { AttributeContext } from './path-attribute.ts';
import { decodeRouteRefresh, encodeRouteRefresh, type RouteRefreshMessage } from './route-refresh.ts';
import { decodeUpdate, encodeUpdate, type UpdateMessage } from './update.ts';

/** Anything that travels on a session. */
export type Message = OpenMessage | UpdateMessage | NotificationMessage | KeepaliveMessage | RouteRefreshMessage;

/** Encodes any message, header included. */
export function encodeMessage(message: Message, context: AttributeContext): Uint8Array {
  switch (message.type) {
    case 'open':
      return encodeOpen(message);
    case 'update':
      return encodeUpdate(message, context);
    case 'notification':
      return encodeNotification(message);
    case 'keepalive':
      return encodeKeepalive();
    case 'routeRefresh':
      return encodeRouteRefresh(message);
  }
}

/** Decodes a frame; throws a DecodeError and nothing else. */
export function decodeMessage(frame: Frame, context: AttributeContext): Message {
  switch (frame.type) {
    case MESSAGE_TYPE.open:
      return decodeOpen(frame.body);
    case MESSAGE_TYPE.update:
      return decodeUpdate(frame.body, context);
    case MESSAGE_TYPE.notification:
      return decodeNotification(frame.body);
    case MESSAGE_TYPE.keepalive:
      return decodeKeepalive();
    case MESSAGE_TYPE.routeRefresh:
      return decodeRouteRefresh(frame.body);
    default:
      throw new DecodeError(ERROR.header, 3, `type ${frame.type}`, Uint8Array.of(frame.type));
  }
}
