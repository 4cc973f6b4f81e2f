import { type Bytes, putTogether, takeApart } from './binary.js';

/** A Socket.IO (protocol 5) packet of the root namespace, which is the only one that this client uses. */
export type Packet =
  | { type: 'connect'; id: string }
  | { type: 'connect_error'; error: { message?: unknown; data?: unknown } }
  | { type: 'disconnect' }
  | { type: 'event'; name: string; args: unknown[]; ack?: number }
  | { type: 'ack'; ack: number; args: unknown[] };

export type Frame = string | Bytes;

export const CONNECT = '0';
export const DISCONNECT = '1';
const EVENT = '2';
const ACK = '3';
const CONNECT_ERROR = '4';
const BINARY_EVENT = '5';
const BINARY_ACK = '6';

/** Names that are this client's own news: a server that sends one as an event breaks the protocol. */
const RESERVED = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];

// type, number of binary frames, namespace, ack id
const HEAD = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*)(?:,|$))?(\d*)/;

const bytesFollow = (frames: Frame[], plain: string, binary: string) => (frames.length ? `${binary}${frames.length}-` : plain);

/** The frames of an event; with an `ack` number the server is asked to answer. */
export function encodeEvent(name: string, args: unknown[], ack?: number): Frame[] {
  const { text, frames } = takeApart([name, ...args]);
  return [`${bytesFollow(frames, EVENT, BINARY_EVENT)}${ack ?? ''}${text}`, ...frames];
}

/** The frames of an answer to the server's event `ack`. */
export function encodeAck(ack: number, args: unknown[]): Frame[] {
  const { text, frames } = takeApart(args);
  return [`${bytesFollow(frames, ACK, BINARY_ACK)}${ack}${text}`, ...frames];
}

/** Makes packets of the frames that arrive. Throws on anything that is not the protocol. */
export class Decoder {
  /** A packet that waits for binary frames. */
  #open: { head: RegExpExecArray; text: string; missing: number; frames: ArrayBuffer[] } | undefined;

  /** The packet that this frame completes, if it completes one of the root namespace. */
  add(frame: string | ArrayBuffer): Packet | undefined {
    if (typeof frame !== 'string') {
      if (!this.#open) {
        throw new Error('a binary frame that no packet announced');
      }
      this.#open.frames.push(frame);
    } else {
      const head = HEAD.exec(frame);
      if (this.#open || !head) {
        throw new Error(this.#open ? 'a packet where a binary frame should be' : 'not a packet');
      }
      const binary = head[1] === BINARY_EVENT || head[1] === BINARY_ACK;
      if (binary !== (head[2] !== undefined)) {
        throw new Error('a wrong number of binary frames');
      }
      this.#open = { head, text: frame.slice(head[0].length), missing: Number(head[2] ?? 0), frames: [] };
    }
    const { head, text, missing, frames } = this.#open;
    if (frames.length < missing) {
      return undefined;
    }
    this.#open = undefined;
    return (head[3] ?? '/') === '/' ? read(head[1] as string, head[4] as string, text && putTogether(text, frames)) : undefined;
  }
}

/** Checks the payload of a packet. */
function read(type: string, digits: string, payload: unknown): Packet {
  const ack = digits === '' ? undefined : Number(digits);
  const fields = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<string, unknown>;
  switch (type) {
    case CONNECT:
      if (typeof fields.sid === 'string') {
        return { type: 'connect', id: fields.sid };
      }
      break;
    case DISCONNECT:
      return { type: 'disconnect' };
    case CONNECT_ERROR:
      return { type: 'connect_error', error: typeof payload === 'string' ? { message: payload } : fields };
    case ACK:
    case BINARY_ACK:
      if (Array.isArray(payload) && ack !== undefined) {
        return { type: 'ack', ack, args: payload };
      }
      break;
    default:
      if (Array.isArray(payload) && typeof payload[0] === 'string' && !RESERVED.includes(payload[0])) {
        return { type: 'event', name: payload[0], args: payload.slice(1), ...(ack === undefined ? {} : { ack }) };
      }
  }
  throw new Error(`a packet of type ${type} with a wrong payload`);
}
