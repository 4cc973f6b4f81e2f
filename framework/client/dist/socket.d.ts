import { type Listener } from './emitter.js';
import type { SailsConfig } from './io.js';
import { type SocketOptions } from './options.js';
import { type Answer, type RequestCallback, type RequestMethod, type RequestOptions } from './request.js';
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
export declare class SailsSocket {
    #private;
    /** Use `io.sails.connect()`. */
    constructor(config: SailsConfig, options?: SocketOptions);
    /** The Socket.IO connection beneath, as sails.io.js names it: of socket.io's own socket it has `id`, `connected` and `disconnect()`. */
    get _raw(): {
        readonly id: string | undefined;
        readonly connected: boolean;
        disconnect(): void;
    } | undefined;
    /** The id of this socket at the server while it is connected; a new one after each reconnection. */
    id(): string | undefined;
    isConnected(): boolean;
    /** From the start of connecting to its success or first failure; not in automatic retries. */
    isConnecting(): boolean;
    /** `io.socket` until it is known whether it connects by itself. */
    mightBeAboutToAutoConnect(): boolean;
    /** Connects with the present options, at once if it was about to retry. Throws if it is connected or connecting. */
    reconnect(): void;
    /**
     * Closes the connection, or ends the attempts to make one. Requests that wait stay, for a later `reconnect()`.
     * Throws if there is neither.
     */
    disconnect(): void;
    on(event: string, fn: Listener): this;
    /** Like `on`, for the next time only. */
    once(event: string, fn: Listener): this;
    /** Without `fn`, removes every listener of the event. The server goes on sending it. */
    off(event: string, fn?: Listener): this;
    removeAllListeners(): this;
    /**
     * Sends a virtual request. Without a callback it returns a promise of the body; with one, nothing.
     *
     * Throws at once if an argument is not what it should be. A request whose connection is lost fails with status 0
     * and is not sent again: whether the server has seen it, no one knows.
     */
    request<T = any>(options: RequestOptions): Answer<T>;
    request<T = any>(options: RequestOptions, callback: RequestCallback<T>): void;
}
