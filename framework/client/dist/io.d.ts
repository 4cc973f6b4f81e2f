import type { SocketOptions } from './options.js';
import { type SdkInfo } from './sdk.js';
import { SailsSocket } from './socket.js';
/** `io.sails`: the defaults of every socket, and `connect`. */
export interface SailsConfig extends SocketOptions {
    /** Connect `io.socket` once the page is parsed; elsewhere after one turn of the event loop. If `false`, `io.socket` is removed then. */
    autoConnect: boolean;
    /** `production` silences the console. */
    environment: string;
    /** `false` lets options change while a socket is connected; they count at the next `reconnect()`. */
    strict?: boolean;
    readonly sdk: SdkInfo;
    /** A new socket, which begins to connect at once. */
    connect(url?: string | null, options?: SocketOptions): SailsSocket;
    connect(options?: SocketOptions): SailsSocket;
}
/** The client: `io.socket` and `io.sails`. */
export interface Io {
    sails: SailsConfig;
    /** The socket that connects by itself. */
    socket: SailsSocket;
}
/**
 * Makes a client out of `target`, by default a new object.
 *
 * `io.socket` connects after one turn of the event loop, and not before the page has been parsed: until then the scripts
 * that follow in it may change `io.sails`. Where there is no page to take the server from, and no `url`, it waits for
 * `reconnect()`. Throws if `target` is a client already.
 */
export declare function createIo<T extends object>(config?: Partial<SailsConfig>, target?: T): T & Io;
