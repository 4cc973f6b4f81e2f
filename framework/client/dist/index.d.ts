export { createIo, type Io, type SailsConfig } from './io.js';
export { Jwr, JwrError, type JwrFields } from './jwr.js';
export type { Listener } from './emitter.js';
export type { SocketOptions } from './options.js';
export type { Answer, RequestCallback, RequestMethod, RequestOptions } from './request.js';
export type { SdkInfo } from './sdk.js';
export { SailsSocket } from './socket.js';
export type { WebSocketClass, WebSocketLike } from './web-socket.js';
/** The client of this page or process. */
export declare const io: object & import("./io.js").Io;
export default io;
