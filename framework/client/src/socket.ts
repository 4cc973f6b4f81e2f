import { Connection } from './connection.js';
import { getCookie } from './cookie.js';
import { Emitter, type Listener } from './emitter.js';
import { handshakeUrl, serverOrigin } from './endpoint.js';
import type { SailsConfig } from './io.js';
import { Log } from './log.js';
import { FIXED_OPTIONS, type SocketOptions } from './options.js';
import {
  type Answer,
  checkRequest,
  PendingRequest,
  promiseAnswer,
  type RequestCallback,
  type RequestMethod,
  type RequestOptions,
  settleCallback,
} from './request.js';
import { webSocketOpener } from './web-socket.js';

/** Requests that may wait for a connection; one more fails at once. */
const QUEUE_LIMIT = 10_000;

// What the static block of the class defines: the options as properties, and a method for each verb.
export interface SailsSocket extends SocketOptions {
  get: RequestMethod;
  post: RequestMethod;
  put: RequestMethod;
  patch: RequestMethod;
  delete: RequestMethod;
}

/**
 * A socket to a Sails or Topsail server: it sends virtual requests and listens to events.
 *
 * Requests made while it is not connected wait, and are sent in order once it is. Listeners stay through every
 * reconnection; rooms do not, because the server sees a new socket: subscribe again on `connect`.
 *
 * Besides the server's events it emits `connect`, `disconnect` (reason), `connect_error` (error), `error` (the server
 * refused), `reconnect_attempt` and `reconnecting` (number), `reconnect` (number), `reconnect_error` (error) and
 * `reconnect_failed`.
 */
export class SailsSocket {
  static {
    for (const name of FIXED_OPTIONS) {
      Object.defineProperty(this.prototype, name, {
        configurable: true,
        enumerable: true,
        get(this: SailsSocket) {
          return this.#options[name] ?? (name === 'url' ? this.#origin : undefined);
        },
        set(this: SailsSocket, value: never) {
          this.#change(name, value);
        },
      });
    }
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      this.prototype[method] = function (this: SailsSocket, url: string, ...rest: unknown[]) {
        const [data, callback] = typeof rest[0] === 'function' ? [undefined, rest[0]] : rest;
        return this.request({ method, url, data: data as object }, callback as RequestCallback);
      } as RequestMethod;
    }
  }

  #config: SailsConfig;
  #log: Log;
  #options: SocketOptions = {};
  /** Where it last connected to. */
  #origin: string | undefined;
  #connection: Connection | undefined;
  /** From the start of connecting to its success or first failure. */
  #isConnecting = false;
  /** @internal */
  _mightBeAboutToAutoConnect = false;
  #emitter = new Emitter();
  #queue: PendingRequest[] = [];
  #unanswered = new Set<PendingRequest>();

  /** Use `io.sails.connect()`. */
  constructor(config: SailsConfig, options: SocketOptions = {}) {
    this.#config = config;
    this.#log = new Log(() => config.environment === 'production');
    for (const name of FIXED_OPTIONS) {
      this.#options[name] = options[name] as never;
    }
    this.headers = options.headers;
  }

  /** The Socket.IO connection beneath, as sails.io.js names it: of socket.io's own socket it has `id`, `connected` and `disconnect()`. */
  get _raw(): { readonly id: string | undefined; readonly connected: boolean; disconnect(): void } | undefined {
    return this.#connection;
  }

  /** The id of this socket at the server while it is connected; a new one after each reconnection. */
  id(): string | undefined {
    return this.#connection?.id;
  }

  isConnected(): boolean {
    return this.#connection?.connected ?? false;
  }

  /** From the start of connecting to its success or first failure; not in automatic retries. */
  isConnecting(): boolean {
    return this.#isConnecting;
  }

  /** `io.socket` until it is known whether it connects by itself. */
  mightBeAboutToAutoConnect(): boolean {
    return this._mightBeAboutToAutoConnect;
  }

  /** Connects with the present options, at once if it was about to retry. Throws if it is connected or connecting. */
  reconnect(): void {
    if (this.isConnected() || this.#isConnecting) {
      throw new Error(`The socket is already ${this.isConnected() ? 'connected' : 'connecting'}.`);
    }
    this._connect();
  }

  /**
   * Closes the connection, or ends the attempts to make one. Requests that wait stay, for a later `reconnect()`.
   * Throws if there is neither.
   */
  disconnect(): void {
    const connection = this.#connection;
    if (!connection || !(connection.connected || connection.connecting || connection.waiting)) {
      throw new Error('The socket is not connected.');
    }
    this.#isConnecting = false;
    connection.close();
  }

  on(event: string, fn: Listener): this {
    this.#emitter.on(event, fn);
    return this;
  }

  /** Like `on`, for the next time only. */
  once(event: string, fn: Listener): this {
    const once: Listener = (...args) => {
      this.off(event, once);
      fn(...args);
    };
    return this.on(event, once);
  }

  /** Without `fn`, removes every listener of the event. The server goes on sending it. */
  off(event: string, fn?: Listener): this {
    this.#emitter.off(event, fn);
    return this;
  }

  removeAllListeners(): this {
    this.#emitter.clear();
    return this;
  }

  /**
   * Sends a virtual request. Without a callback it returns a promise of the body; with one, nothing.
   *
   * Throws at once if an argument is not what it should be. A request whose connection is lost fails with status 0
   * and is not sent again: whether the server has seen it, no one knows.
   */
  request<T = any>(options: RequestOptions): Answer<T>;
  request<T = any>(options: RequestOptions, callback: RequestCallback<T>): void;
  request(options: RequestOptions, callback?: RequestCallback): unknown {
    checkRequest(options, callback);
    if (callback) {
      this.#begin(new PendingRequest(options, settleCallback(callback)));
      return undefined;
    }
    const { answer, settle } = promiseAnswer();
    this.#begin(new PendingRequest(options, settle));
    return answer;
  }

  /** @internal */
  _connect(): void {
    const options = this.#options;
    for (const name of FIXED_OPTIONS) {
      options[name] ??= this.#config[name] as never;
    }
    this.headers ??= this.#config.headers;

    const { transports, reconnection, timeout = 20_000 } = options;
    if (transports && !transports.includes('websocket')) {
      throw new Error('`transports` has no "websocket", which is the only one of this client.');
    }
    const origin = serverOrigin(options.url);
    const url = handshakeUrl(origin, options);
    const openWebSocket = webSocketOpener(options, (message) => this.#log.warn(message));

    this.#connection?.close();
    this.#origin = origin;
    this.#isConnecting = true;
    this.#connection = new Connection(
      {
        openWebSocket: () => openWebSocket(url),
        before: () => getCookie(origin, options.useCORSRouteToGetCookie ?? true, timeout),
        timeout,
        reconnection: reconnection ?? true,
        reconnectionAttempts: options.reconnectionAttempts ?? Infinity,
        backoff: {
          delay: options.reconnectionDelay ?? 1000,
          delayMax: options.reconnectionDelayMax ?? 5000,
          randomizationFactor: options.randomizationFactor ?? 0.5,
        },
      },
      {
        connected: (retries) => this.#connected(retries),
        disconnected: (reason) => this.#disconnected(reason),
        failed: (error, { retry, refused }) => {
          this.#isConnecting = false;
          this.#log.warn(`could not connect to ${origin}.`, error.message, error.cause ?? '');
          this.#emitter.emit('connect_error', error);
          if (retry) {
            this.#emitter.emit('reconnect_error', error);
          }
          if (refused) {
            this.#emitter.emit('error', error);
          }
        },
        retrying: (retry) => {
          this.#log.info(`tries to reconnect to ${origin} (${retry})`);
          this.#emitter.emit('reconnect_attempt', retry);
          this.#emitter.emit('reconnecting', retry);
        },
        gaveUp: () => this.#emitter.emit('reconnect_failed'),
        event: (name, args) => {
          if (name === 'sails:parseError') {
            this.#log.warn('the server did not understand a request.', ...args);
          }
          this.#emitter.emit(name, ...args);
        },
      },
    );
    this.#connection.open();
  }

  #connected(retries: number): void {
    this.#isConnecting = false;
    this.#log.info(`${retries ? 're' : ''}connected to ${this.#origin}`);
    if (retries) {
      this.#emitter.emit('reconnect', retries);
    }
    this.#emitter.emit('connect');
    // A listener may have ended the connection: what cannot be sent goes back into the queue.
    const queue = this.#queue;
    this.#queue = [];
    for (const request of queue) {
      // One may have been given up by a callback of another.
      if (!request.settled) {
        this.#start(request);
      }
    }
  }

  #disconnected(reason: string): void {
    this.#log.info(`disconnected from ${this.#origin} (${reason})`);
    const unanswered = this.#unanswered;
    this.#unanswered = new Set();
    for (const request of unanswered) {
      request.fail('The connection was lost before the server answered.');
    }
    this.#emitter.emit('disconnect', reason);
  }

  #begin(request: PendingRequest): void {
    request.obeySignal(() => {
      this.#unanswered.delete(request);
      this.#queue = this.#queue.filter((waiting) => waiting !== request);
    });
    if (!request.settled) {
      this.#start(request);
    }
  }

  /** Sends a request, or puts it into the queue. */
  #start(request: PendingRequest): void {
    try {
      const { name, payload } = request.toEvent(this.headers);
      const sent = this.#connection?.emit(name, [payload], (fields) => {
        this.#unanswered.delete(request);
        request.answer(fields);
      });
      if (sent) {
        this.#unanswered.add(request);
        return;
      }
    } catch (error) {
      request.fail('The request cannot be put into JSON.', error);
      return;
    }
    if (this.#queue.length < QUEUE_LIMIT) {
      this.#queue.push(request);
    } else {
      request.fail(`${QUEUE_LIMIT} requests wait for a connection already.`);
    }
  }

  #change<K extends (typeof FIXED_OPTIONS)[number]>(name: K, value: SocketOptions[K]): void {
    if (this.isConnected() && this.#config.strict !== false && value !== this.#options[name]) {
      throw new Error(`\`${name}\` cannot change while the socket is connected.`);
    }
    if (this.#connection?.waiting) {
      this.#connection.close();
      this.#log.info('no longer tries to reconnect, because an option changed: call reconnect().');
    }
    this.#options[name] = value;
  }
}
