import { Jwr } from './jwr.js';
/** The events that a server takes for virtual requests. */
export declare const METHODS: string[];
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
export declare function checkRequest(options: RequestOptions, callback: RequestCallback | undefined): void;
/** A request that has not been answered yet. It is settled once: what comes later is ignored. */
export declare class PendingRequest {
    #private;
    constructor(options: RequestOptions, settle: (jwr: Jwr) => void);
    get settled(): boolean;
    /** Fails when the request's signal says so, at once if it has already; `forget` is called then. */
    obeySignal(forget: () => void): void;
    /** The name and the payload of the event that carries it. */
    toEvent(globalHeaders: Record<string, unknown> | undefined): {
        name: string;
        payload: object;
    };
    answer(fields: unknown): void;
    fail(message: string, cause?: unknown): void;
}
/** The function to settle a request that has a callback. */
export declare function settleCallback(callback: RequestCallback): (jwr: Jwr) => void;
/** A promise, and the function to settle it. */
export declare function promiseAnswer<T>(): {
    answer: Answer<T>;
    settle: (jwr: Jwr) => void;
};
