/** The part of the WebSocket interface that the client needs: the browser's, Node's and that of the package `ws` have it. */
export interface WebSocketLike {
    binaryType: string;
    readonly readyState: number;
    onmessage: ((event: never) => void) | null;
    onerror: ((event: never) => void) | null;
    onclose: ((event: never) => void) | null;
    send(data: any): void;
    close(): void;
}
/** A class like `WebSocket`, called as that of the package `ws` is: `(url, protocols, { headers, rejectUnauthorized })`. */
export type WebSocketClass = new (url: string, protocols?: any, options?: any) => WebSocketLike;
/** What the handshake needs beyond its URL. */
export interface HandshakeOptions {
    webSocket?: WebSocketClass | undefined;
    initialConnectionHeaders?: Record<string, string> | undefined;
    rejectUnauthorized?: boolean | undefined;
}
/**
 * A function that opens a WebSocket.
 *
 * Only Node can send headers of our choice with the handshake; only a class such as `ws` can be told to accept any
 * certificate. What cannot be done is told to `warn`. Throws if there is no WebSocket class at all.
 */
export declare function webSocketOpener(options: HandshakeOptions, warn: (message: string) => void): (url: string) => WebSocketLike;
