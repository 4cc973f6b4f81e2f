/** What a server acknowledges a virtual request with. */
export interface JwrFields<T = unknown> {
  body?: T;
  headers?: Record<string, string>;
  statusCode?: number;
}

/** The error of an answer whose status is neither 2xx nor 3xx: what `jwr.error` holds and what a promise rejects with. */
export class JwrError extends Error {
  /** The whole answer. */
  readonly jwr: Jwr;

  constructor(message: string, jwr: Jwr, options?: ErrorOptions) {
    super(message, options);
    this.name = 'JwrError';
    this.jwr = jwr;
  }

  /** The status, 0 if the server did not answer. */
  get statusCode(): number {
    return this.jwr.statusCode;
  }
}

/** JSON WebSocket Response: the answer to a virtual request. */
export class Jwr<T = unknown> {
  body: T;
  headers: Record<string, string>;
  /** 200 if the server named none, 0 if the request was not answered at all. */
  statusCode: number;
  /** Present if the status is below 200 or at least 400: a redirect is no error. */
  error?: JwrError;

  constructor({ body, headers, statusCode }: JwrFields<T>) {
    this.body = body as T;
    this.headers = headers ?? {};
    this.statusCode = statusCode ?? 200;
    if (this.statusCode < 200 || this.statusCode >= 400) {
      this.error = new JwrError(`The server answered ${this.statusCode}: ${JSON.stringify(this.body)}`, this);
    }
  }

  /** The answer to a request that got none: status 0, body `null`. */
  static unanswered(message: string, cause?: unknown): Jwr<null> & { error: JwrError } {
    const jwr = new Jwr<null>({ body: null });
    jwr.statusCode = 0;
    return Object.assign(jwr, { error: new JwrError(message, jwr, cause === undefined ? undefined : { cause }) });
  }

  /** Only the three fields that a server sends. */
  toPOJO(): { body: T; headers: Record<string, string>; statusCode: number } {
    return { body: this.body, headers: this.headers, statusCode: this.statusCode };
  }

  toString(): string {
    return `[Jwr] ${JSON.stringify(this.toPOJO())}`;
  }

  /** Streams do not exist over sockets: as in sails.io.js, this returns (and does not throw) an `Error` that says so. */
  pipe(): Error {
    return new Error('A virtual request has no streams.');
  }
}
