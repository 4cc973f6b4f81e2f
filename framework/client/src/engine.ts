import type { Frame } from './protocol.js';
import type { WebSocketLike } from './web-socket.js';

/** Why a transport ended, in the words of socket.io. */
export type EngineEnd = 'transport close' | 'transport error' | 'ping timeout' | 'parse error';

/** What an `Engine` tells its owner. */
export interface EngineObserver {
  /** The handshake is done: messages can be sent. */
  opened(): void;
  message(frame: string | ArrayBuffer): void;
  /** Said once, and never after `close()`. */
  ended(why: EngineEnd, detail?: unknown): void;
}

const OPEN = '0';
const CLOSE = '1';
const PING = '2';
const PONG = '3';
const MESSAGE = '4';

const WEB_SOCKET_OPEN = 1;

/** One Engine.IO (protocol 4) session over one WebSocket. It ends once and is then of no more use. */
export class Engine {
  #socket: WebSocketLike;
  #observer: EngineObserver;
  #over = false;
  /** How long the server may be silent, in milliseconds. It tells in its handshake. */
  #patience = 0;
  #deadline = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: WebSocketLike, observer: EngineObserver) {
    this.#socket = socket;
    this.#observer = observer;
    socket.binaryType = 'arraybuffer';
    // The handlers stay in place to the end: `ws` throws an error that no one listens to.
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => this.#receive(data);
    socket.onerror = (event: { error?: unknown; message?: unknown }) => this.#end('transport error', event.error ?? event.message);
    socket.onclose = (event: { code?: unknown }) => this.#end('transport close', event.code);
  }

  /**
   * Sends the frames of one message, or says `false` if the session is over.
   *
   * A machine that slept may not have run the timer that would have told: the clock tells.
   */
  send(frames: Frame[]): boolean {
    if (Date.now() > this.#deadline) {
      this.#end('ping timeout');
    }
    if (this.#over || this.#socket.readyState !== WEB_SOCKET_OPEN) {
      return false;
    }
    for (const frame of frames) {
      this.#socket.send(typeof frame === 'string' ? MESSAGE + frame : frame);
    }
    return true;
  }

  /** Closes without telling the observer. */
  close(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  /** Ends the session for the observer too, as when the network has gone. */
  abort(why: EngineEnd, detail?: unknown): void {
    this.#end(why, detail);
  }

  #end(why: EngineEnd, detail?: unknown): void {
    if (!this.#over) {
      this.close();
      this.#observer.ended(why, detail);
    }
  }

  #receive(data: string | ArrayBuffer): void {
    if (this.#over) {
      return;
    }
    this.#expectMore();
    if (typeof data !== 'string') {
      this.#observer.message(data);
      return;
    }
    switch (data[0]) {
      case MESSAGE:
        this.#observer.message(data.slice(1));
        break;
      case PING:
        if (this.#socket.readyState === WEB_SOCKET_OPEN) {
          this.#socket.send(PONG + data.slice(1));
        }
        break;
      case OPEN:
        this.#open(data.slice(1));
        break;
      case CLOSE:
        this.#end('transport close');
        break;
    }
  }

  #open(text: string): void {
    try {
      const { pingInterval, pingTimeout } = JSON.parse(text) as Record<string, unknown>;
      this.#patience = Number(pingInterval) + Number(pingTimeout);
      if (!(this.#patience > 0)) {
        throw new Error('the handshake names no ping interval');
      }
    } catch (error) {
      this.#end('parse error', error);
      return;
    }
    this.#expectMore();
    this.#observer.opened();
  }

  #expectMore(): void {
    if (this.#patience) {
      clearTimeout(this.#timer);
      this.#deadline = Date.now() + this.#patience;
      this.#timer = setTimeout(() => this.#end('ping timeout'), this.#patience);
    }
  }
}
