import { type Backoff, pauseBefore } from './backoff.js';
import { Engine } from './engine.js';
import { watchNetwork } from './network.js';
import { CONNECT, Decoder, DISCONNECT, encodeAck, encodeEvent, type Packet } from './protocol.js';
import type { WebSocketLike } from './web-socket.js';

/** Fixed for the life of a connection. Times are in milliseconds. */
export interface ConnectionSettings {
  openWebSocket: () => WebSocketLike;
  /** Done once, before the first attempt. Must not reject. */
  before: () => Promise<void>;
  /** From the start of an attempt to the server's consent. */
  timeout: number;
  reconnection: boolean;
  reconnectionAttempts: number;
  backoff: Backoff;
}

/** What a `Connection` tells its owner. */
export interface ConnectionObserver {
  /** Connected, after so many retries. */
  connected(retries: number): void;
  /** The connection was there and is lost. */
  disconnected(reason: string): void;
  /** An attempt failed; `refused` if the server said no, after which there is no retry. */
  failed(error: Error, attempt: { retry: number; refused: boolean }): void;
  /** Retry number so many begins. */
  retrying(retry: number): void;
  /** The last retry that was allowed has failed. */
  gaveUp(): void;
  event(name: string, args: unknown[]): void;
}

type State = 'idle' | 'connecting' | 'connected' | 'waiting';

/** A Socket.IO connection to the root namespace, which restores itself. */
export class Connection {
  /** The id of the socket at the server; a new one after each reconnection. */
  id: string | undefined;

  #settings: ConnectionSettings;
  #observer: ConnectionObserver;
  #state: State = 'idle';
  #engine: Engine | undefined;
  #retries = 0;
  /** Ends the pause before the next attempt, or an attempt that takes too long. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #acks = new Map<number, (...args: unknown[]) => void>();
  #nextAck = 0;
  #unwatchNetwork = () => {};

  constructor(settings: ConnectionSettings, observer: ConnectionObserver) {
    this.#settings = settings;
    this.#observer = observer;
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  /** In an attempt, the first or a later one. */
  get connecting(): boolean {
    return this.#state === 'connecting';
  }

  /** Between two attempts. */
  get waiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Starts to connect. Nothing is told to the observer before this returns. */
  open(): void {
    this.#state = 'connecting';
    this.#unwatchNetwork = watchNetwork({
      online: () => this.waiting && this.#attempt(),
      offline: () => this.#engine?.abort('transport close', 'the network is gone'),
    });
    void this.#settings.before().then(() => this.connecting && this.#attempt());
  }

  /** Ends the connection, or the attempts to make it, for good. */
  close(): void {
    if (this.connected) {
      this.#engine?.send([DISCONNECT]);
    }
    this.#lose('io client disconnect', { retry: false });
  }

  /** socket.io's name for `close`. */
  disconnect(): void {
    this.close();
  }

  /**
   * Sends an event, or says `false` if there is no connection. The server's answer, if it gives one while this
   * connection lasts, goes to `ack`. Throws if `args` cannot be put into JSON.
   */
  emit(name: string, args: unknown[], ack?: (...args: unknown[]) => void): boolean {
    if (!this.connected) {
      return false;
    }
    const number = ack && this.#nextAck;
    if (!this.#engine?.send(encodeEvent(name, args, number))) {
      return false;
    }
    if (ack) {
      this.#acks.set(this.#nextAck++, ack);
    }
    return true;
  }

  #attempt(): void {
    clearTimeout(this.#timer);
    this.#state = 'connecting';
    if (this.#retries) {
      this.#observer.retrying(this.#retries);
      if (!this.connecting) {
        return;
      }
    }
    this.#timer = setTimeout(() => this.#fail(new Error('timeout')), this.#settings.timeout);
    const decoder = new Decoder();
    try {
      const engine = new Engine(this.#settings.openWebSocket(), {
        opened: () => engine.send([CONNECT]),
        message: (frame) => {
          let packet;
          try {
            packet = decoder.add(frame);
          } catch (error) {
            engine.abort('parse error', error);
            return;
          }
          if (packet) {
            this.#receive(packet);
          }
        },
        ended: (why, detail) => {
          if (this.connected) {
            this.#lose(why, { retry: true });
          } else {
            this.#fail(new Error(why, { cause: detail }));
          }
        },
      });
      this.#engine = engine;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #receive(packet: Packet): void {
    // The server's consent, or its refusal, comes first and once.
    if (this.connected === (packet.type === 'connect' || packet.type === 'connect_error')) {
      return;
    }
    switch (packet.type) {
      case 'connect': {
        clearTimeout(this.#timer);
        const retries = this.#retries;
        this.#retries = 0;
        this.#state = 'connected';
        this.id = packet.id;
        this.#observer.connected(retries);
        break;
      }
      case 'connect_error': {
        const { message, data } = packet.error;
        this.#fail(Object.assign(new Error(String(message ?? 'refused')), { data }), true);
        break;
      }
      case 'disconnect':
        this.#lose('io server disconnect', { retry: false });
        break;
      case 'event': {
        const { name, args, ack } = packet;
        // An answer that comes after a reconnection goes to a transport that has ended: to no one.
        const engine = this.#engine;
        const answer = (...answers: unknown[]) => void engine?.send(encodeAck(ack as number, answers));
        this.#observer.event(name, ack === undefined ? args : [...args, answer]);
        break;
      }
      case 'ack': {
        const fn = this.#acks.get(packet.ack);
        this.#acks.delete(packet.ack);
        fn?.(...packet.args);
        break;
      }
    }
  }

  /** An attempt came to nothing. */
  #fail(error: Error, refused = false): void {
    const retry = this.#retries;
    this.#rest(!refused);
    const gaveUp = !refused && retry > 0 && this.#state === 'idle';
    this.#observer.failed(error, { retry, refused });
    if (gaveUp) {
      this.#observer.gaveUp();
    }
  }

  /** The connection, if there was one, has ended. */
  #lose(reason: string, { retry }: { retry: boolean }): void {
    const had = this.connected;
    this.#rest(retry);
    if (had) {
      this.#observer.disconnected(reason);
    }
  }

  /** Lets go of the transport, and plans the next attempt if there is to be one. */
  #rest(retry: boolean): void {
    clearTimeout(this.#timer);
    this.#engine?.close();
    this.#engine = undefined;
    this.#acks.clear();
    this.id = undefined;
    const { reconnection, reconnectionAttempts, backoff } = this.#settings;
    if (retry && reconnection && this.#retries < reconnectionAttempts) {
      this.#state = 'waiting';
      this.#timer = setTimeout(() => this.#attempt(), pauseBefore(this.#retries, backoff));
      this.#retries += 1;
    } else {
      this.#state = 'idle';
      this.#retries = 0;
      this.#unwatchNetwork();
    }
  }
}
