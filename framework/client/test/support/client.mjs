import { WebSocket } from 'ws';
import { createIo } from '../../dist/topsail.io.mjs';

/** A silent client whose sockets connect only when told to, and retry fast. */
export const quietIo = (config = {}) =>
  createIo({ autoConnect: false, environment: 'production', webSocket: WebSocket, reconnectionDelay: 10, reconnectionDelayMax: 50, ...config });

/** Sockets of a test, all closed at its end. */
export function sockets(t) {
  const open = [];
  t.after(() => {
    for (const socket of open) {
      try {
        socket.disconnect();
      } catch {
        // It is down already.
      }
    }
  });
  return (url, options, io = quietIo()) => {
    const socket = io.sails.connect(url, options);
    open.push(socket);
    return socket;
  };
}
