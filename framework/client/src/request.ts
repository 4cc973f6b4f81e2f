import { callSafely } from './emitter.js';
import { Jwr, type JwrFields } from './jwr.js';

/** The events that a server takes for virtual requests. */
export const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'options', 'head'];

/** Called once with the answer. If there is none, `body` is an `Error` and `jwr.statusCode` 0. */
export type RequestCallback<T = any> = (body: T, jwr: Jwr<T>) => void;

/** A virtual request. */
export interface RequestOptions {
  /** Path with optional query string; sent as it is. */
  url: string;
  /** In any case; `get` if absent. */
  method?: string;
  /** Becomes the body of the request, also of a GET. */
  data?: object | null | undefined;
  /** Another name of `data`. */
  params?: object | null | undefined;
  /** Merged over the socket's `headers`; `undefined` takes one of those away. */
  headers?: Record<string, unknown> | null | undefined;
  /**
   * Gives the request up: it then fails with status 0. One that still waits for a connection is not sent; of one that is
   * under way the answer is ignored, but the server may have done it. `AbortSignal.timeout(5000)` is a time limit.
   */
  signal?: AbortSignal | null | undefined;
}

/**
 * A promise of the body, rejected with a `JwrError` if the status is below 200 or at least 400.
 *
 * A rejection that no one looks at is no unhandled rejection: `io.socket.get('/user')` may be said just to subscribe.
 */
export interface Answer<T> extends Promise<T> {
  /** The whole answer; never rejects. */
  readonly jwr: Promise<Jwr<T>>;
}

/**
 * `request()` with the method in its name: `get(url, data?, callback?)`. Without a callback it returns a promise.
 *
 * The forms with a callback come first: a function would pass for data, being an object.
 */
export interface RequestMethod {
  <T = any>(url: string, callback: RequestCallback<T>): void;
  <T = any>(url: string, data: object | null | undefined, callback: RequestCallback<T>): void;
  <T = any>(url: string, data?: object | null): Answer<T>;
}

/** Throws, where the mistake is, if the arguments of `request()` are not what they should be. */
export function checkRequest(options: RequestOptions, callback: RequestCallback | undefined): void {
  const refuse = (what: string): never => {
    throw new Error(`${what}; expected request({ url, method?, data?, headers? }, callback?).`);
  };
  const isDictionary = (value: unknown) => value === undefined || value === null || typeof value === 'object';
  if (callback !== undefined && typeof callback !== 'function') {
    refuse('The callback is not a function');
  }
  if (typeof options?.url !== 'string') {
    refuse('`url` is not a string');
  }
  const { method, data, params, headers, signal } = options;
  if (method !== undefined && !METHODS.includes(String(method).toLowerCase())) {
    refuse(`\`method\` is ${JSON.stringify(method)}, not one of ${METHODS.join(', ')}`);
  }
  if (!isDictionary(data) || !isDictionary(params) || !isDictionary(headers)) {
    refuse('`data`, `params` and `headers` must be objects');
  }
  if (data && params) {
    refuse('`data` and `params` are two names of one thing');
  }
  if (signal && typeof signal.addEventListener !== 'function') {
    refuse('`signal` is not an AbortSignal');
  }
}

/** A request that has not been answered yet. It is settled once: what comes later is ignored. */
export class PendingRequest {
  #options: RequestOptions;
  #settle: ((jwr: Jwr) => void) | undefined;
  #unlisten: (() => void) | undefined;

  constructor(options: RequestOptions, settle: (jwr: Jwr) => void) {
    this.#options = options;
    this.#settle = settle;
  }

  get settled(): boolean {
    return !this.#settle;
  }

  /** Fails when the request's signal says so, at once if it has already; `forget` is called then. */
  obeySignal(forget: () => void): void {
    const { signal } = this.#options;
    if (!signal) {
      return;
    }
    const give = () => {
      forget();
      this.fail('The request was given up.', signal.reason);
    };
    if (signal.aborted) {
      give();
      return;
    }
    signal.addEventListener('abort', give);
    this.#unlisten = () => signal.removeEventListener('abort', give);
  }

  /** The name and the payload of the event that carries it. */
  toEvent(globalHeaders: Record<string, unknown> | undefined): { name: string; payload: object } {
    const { url, method = 'get', data, params, headers } = this.#options;
    const name = method.toLowerCase();
    return { name, payload: { method: name, headers: { ...globalHeaders, ...headers }, data: data ?? params ?? {}, url } };
  }

  answer(fields: unknown): void {
    this.#end(new Jwr((fields ?? {}) as JwrFields));
  }

  fail(message: string, cause?: unknown): void {
    this.#end(Jwr.unanswered(message, cause));
  }

  #end(jwr: Jwr): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#unlisten?.();
    settle?.(jwr);
  }
}

/** The function to settle a request that has a callback. */
export function settleCallback(callback: RequestCallback): (jwr: Jwr) => void {
  return (jwr) => callSafely(callback, jwr.statusCode === 0 ? jwr.error : jwr.body, jwr);
}

/** A promise, and the function to settle it. */
export function promiseAnswer<T>(): { answer: Answer<T>; settle: (jwr: Jwr) => void } {
  let settle!: (jwr: Jwr) => void;
  const jwr = new Promise<Jwr<T>>((resolve) => {
    settle = resolve as (jwr: Jwr) => void;
  });
  const body = jwr.then((answer) => {
    if (answer.error) {
      throw answer.error;
    }
    return answer.body;
  });
  body.catch(() => {});
  return { answer: Object.assign(body, { jwr }), settle };
}
