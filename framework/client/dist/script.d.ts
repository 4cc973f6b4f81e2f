import { type Io } from './io.js';
declare global {
    /** Defined by the classic script. If socket.io's own client was loaded before, the same `io` with `sails` and `socket` added. */
    var io: Io;
}
