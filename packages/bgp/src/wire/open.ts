// RFC 4271 4.2  OPEN: version(1) my-as(2) hold-time(2) bgp-id(4) opt-len(1) opt-params
// RFC 5492 4    opt-param: type(1) length(1) value; type 2 = capabilities
// RFC 9072 2    extended form: opt-len = 255, first param type = 255, then length(2), and opt-param lengths have two bytes
//
// Only the syntax is judged here. Whether AS, hold time and identifier are acceptable depends on who we are and is
// judged by the session.

import { formatIpAddress, parseIpAddress } from '../ip-address.ts';
import { type Capability, decodeCapabilities, encodeCapability } from './capability.ts';
import { ERROR, MESSAGE_TYPE } from './codes.ts';
import { DecodeError } from './decode-error.ts';
import { encodeFrame } from './header.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** The first message of each side. */
export interface OpenMessage {
  readonly type: 'open';
  /** The two-octet field: AS_TRANS for larger numbers, whose real value is in the four-octet AS capability. */
  readonly myAs: number;
  /** Seconds. */
  readonly holdTime: number;
  /** BGP identifier in dotted form. */
  readonly identifier: string;
  readonly capabilities: readonly Capability[];
}

const VERSION = 4;
const CAPABILITIES_PARAMETER = 2;
const EXTENDED_MARK = 255;

/** Encodes the whole message, with the extended form (RFC 9072) only where the plain one is too small. */
export function encodeOpen(open: OpenMessage): Uint8Array {
  const list = new Writer();
  for (const capability of open.capabilities) encodeCapability(list, capability);
  const identifier = parseIpAddress(open.identifier)?.bytes ?? new Uint8Array(4);
  const body = new Writer().u8(VERSION).u16(open.myAs).u16(open.holdTime).bytes(identifier);
  appendParameters(body, list.finish());
  return encodeFrame(MESSAGE_TYPE.open, body.finish());
}

function appendParameters(body: Writer, capabilities: Uint8Array): void {
  const { length } = capabilities;
  if (length === 0) {
    body.u8(0);
  } else if (length + 2 < EXTENDED_MARK) {
    body
      .u8(length + 2)
      .u8(CAPABILITIES_PARAMETER)
      .u8(length)
      .bytes(capabilities);
  } else {
    body
      .u8(EXTENDED_MARK)
      .u8(EXTENDED_MARK)
      .u16(length + 3);
    body.u8(CAPABILITIES_PARAMETER).u16(length).bytes(capabilities);
  }
}

const malformed = (detail: string): DecodeError => new DecodeError(ERROR.open, 0, detail);

/** Decodes a body; throws a DecodeError with code 2. */
export function decodeOpen(body: Uint8Array): OpenMessage {
  const reader = new Reader(body, malformed);
  const version = reader.u8();
  if (version !== VERSION) {
    throw new DecodeError(ERROR.open, 1, `version is ${version}, we speak 4`, Uint8Array.of(0, VERSION));
  }
  const myAs = reader.u16();
  const holdTime = reader.u16();
  const identifier = formatIpAddress(reader.bytes(4));
  return { type: 'open', myAs, holdTime, identifier, capabilities: decodeParameters(reader) };
}

function decodeParameters(reader: Reader): Capability[] {
  const length = reader.u8();
  const plain = reader.sub(reader.remaining);
  if (length === EXTENDED_MARK && plain.remaining > 0) {
    const first = plain.u8();
    if (first === EXTENDED_MARK) return decodeParameterList(plain, plain.u16(), true);
    return decodeParameterList(new Reader(rejoin(first, plain), malformed), length, false);
  }
  return decodeParameterList(plain, length, false);
}

function rejoin(first: number, rest: Reader): Uint8Array {
  return Uint8Array.of(first, ...rest.bytes(rest.remaining));
}

function decodeParameterList(reader: Reader, length: number, extended: boolean): Capability[] {
  if (reader.remaining !== length) throw malformed(`parameters take ${reader.remaining} bytes, length says ${length}`);
  const capabilities: Capability[] = [];
  while (reader.remaining > 0) {
    const type = reader.u8();
    const value = reader.sub(extended ? reader.u16() : reader.u8());
    if (type !== CAPABILITIES_PARAMETER) throw new DecodeError(ERROR.open, 4, `parameter type ${type}`);
    capabilities.push(...decodeCapabilities(value));
  }
  return capabilities;
}
