// A WebSocket server without any protocol: the test says what it sends.
import { once } from 'node:events';
import { WebSocketServer } from 'ws';

export const HANDSHAKE = '0{"sid":"engine","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

/** Calls `script(socket, upgradeRequest)` for each connection. */
export async function startScriptedServer(script) {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  wss.on('connection', (socket, request) => script(socket, request));
  await once(wss, 'listening');
  return {
    url: `http://127.0.0.1:${wss.address().port}`,
    stop: () => {
      wss.clients.forEach((socket) => socket.terminate());
      return new Promise((resolve) => wss.close(resolve));
    },
  };
}

/** Does what every server does first, then calls `then(socket)`. */
export const welcome = (then) => (socket) => {
  socket.send(HANDSHAKE);
  socket.once('message', () => {
    socket.send('40{"sid":"socket"}');
    then(socket);
  });
};
