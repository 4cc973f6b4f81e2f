import type { WebSocketClass } from './web-socket.js';
/** The options of one socket. Those that are not set are taken from `io.sails` when the socket begins to connect. */
export interface SocketOptions {
    /** Where the server is, without a path. Default: the origin of the page. */
    url?: string | undefined;
    /** Where on the server Socket.IO is. Default: `/socket.io`. */
    path?: string | undefined;
    /** Added to the query of the handshake, as in `'a=1&b=2'`. */
    query?: string | undefined;
    /** Sent with every virtual request. May be changed at any time. */
    headers?: Record<string, unknown> | undefined;
    /** Sent with the handshake: only in Node. */
    initialConnectionHeaders?: Record<string, string> | undefined;
    /** Must contain `websocket`, which is the only transport of this client. */
    transports?: string[] | undefined;
    /** Reconnect when the connection is lost. Default: `true` (sails.io.js: `false`). */
    reconnection?: boolean | undefined;
    /** Default: no limit. */
    reconnectionAttempts?: number | undefined;
    /** Milliseconds before the first retry; doubles with each. Default: 1000. */
    reconnectionDelay?: number | undefined;
    /** Milliseconds, the longest pause. Default: 5000. */
    reconnectionDelayMax?: number | undefined;
    /** 0 to 1, the jitter of the pauses. Default: 0.5. */
    randomizationFactor?: number | undefined;
    /** Milliseconds that one attempt to connect may take. Default: 20000. */
    timeout?: number | undefined;
    /** `false` accepts any certificate: only with the class of the package `ws` in `webSocket`. */
    rejectUnauthorized?: boolean | undefined;
    /** Before a page connects to another origin, get a session cookie there: `true` (default) from `/__getcookie`, or from this path. */
    useCORSRouteToGetCookie?: boolean | string | undefined;
    /** Accepted for the sake of old code: each socket has its own connection. */
    multiplex?: boolean | undefined;
    /** The class to connect with, where there is no global `WebSocket`. */
    webSocket?: WebSocketClass | undefined;
}
/** The options that cannot be changed while the socket is connected. */
export declare const FIXED_OPTIONS: ["url", "path", "query", "initialConnectionHeaders", "transports", "reconnection", "reconnectionAttempts", "reconnectionDelay", "reconnectionDelayMax", "randomizationFactor", "timeout", "rejectUnauthorized", "useCORSRouteToGetCookie", "multiplex", "webSocket"];
