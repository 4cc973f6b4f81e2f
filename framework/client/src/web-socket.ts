import { SDK } from './sdk.js';

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
export function webSocketOpener(options: HandshakeOptions, warn: (message: string) => void): (url: string) => WebSocketLike {
  const { webSocket, initialConnectionHeaders: headers, rejectUnauthorized } = options;
  if (webSocket) {
    return (url) => new webSocket(url, [], { ...(headers && { headers }), ...(rejectUnauthorized !== undefined && { rejectUnauthorized }) });
  }
  const Global = globalThis.WebSocket as WebSocketClass | undefined;
  if (!Global) {
    throw new Error('There is no global WebSocket: set io.sails.webSocket to such a class (Node before 22: the one of the package `ws`).');
  }
  if (rejectUnauthorized === false) {
    warn('`rejectUnauthorized` needs `webSocket` to be the class of the package `ws`; it is ignored.');
  }
  if (!headers) {
    return (url) => new Global(url);
  }
  if (SDK.platform !== 'node') {
    warn('A browser cannot send `initialConnectionHeaders` with a WebSocket; they are ignored.');
    return (url) => new Global(url);
  }
  return (url) => new Global(url, { headers });
}
