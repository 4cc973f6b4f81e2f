/** What a server acknowledges a virtual request with. */
export interface JwrFields<T = unknown> {
    body?: T;
    headers?: Record<string, string>;
    statusCode?: number;
}
/** The error of an answer whose status is neither 2xx nor 3xx: what `jwr.error` holds and what a promise rejects with. */
export declare class JwrError extends Error {
    /** The whole answer. */
    readonly jwr: Jwr;
    constructor(message: string, jwr: Jwr, options?: ErrorOptions);
    /** The status, 0 if the server did not answer. */
    get statusCode(): number;
}
/** JSON WebSocket Response: the answer to a virtual request. */
export declare class Jwr<T = unknown> {
    body: T;
    headers: Record<string, string>;
    /** 200 if the server named none, 0 if the request was not answered at all. */
    statusCode: number;
    /** Present if the status is below 200 or at least 400: a redirect is no error. */
    error?: JwrError;
    constructor({ body, headers, statusCode }: JwrFields<T>);
    /** The answer to a request that got none: status 0, body `null`. */
    static unanswered(message: string, cause?: unknown): Jwr<null> & {
        error: JwrError;
    };
    /** Only the three fields that a server sends. */
    toPOJO(): {
        body: T;
        headers: Record<string, string>;
        statusCode: number;
    };
    toString(): string;
    /** Streams do not exist over sockets: as in sails.io.js, this returns (and does not throw) an `Error` that says so. */
    pipe(): Error;
}
