// socket.io's own server, answering virtual requests the way that a Sails server does.
import http from 'node:http';
import { Server } from 'socket.io';

const VERBS = ['get', 'post', 'put', 'patch', 'delete', 'options', 'head'];

const ROUTES = {
  '/echo': (request) => ({ statusCode: 200, headers: {}, body: request }),
  '/missing': () => ({ statusCode: 404, headers: {}, body: 'Not Found' }),
  '/moved': () => ({ statusCode: 302, headers: { Location: '/echo' }, body: 'see /echo' }),
  '/header': () => ({ statusCode: 201, headers: { 'X-My': 'yes' }, body: null }),
  '/bare': () => ({ body: 'without a status' }),
  '/nothing': () => ({ statusCode: 200, headers: {} }),
  '/bytes': () => ({ statusCode: 200, headers: {}, body: Buffer.from([1, 2, 3]) }),
};

/** Listens on `port` (0: any). `routes` are added to the ones above; `configure(io)` runs before any socket. */
export async function startServer({ port = 0, routes = {}, configure, ...options } = {}) {
  const httpServer = http.createServer((_, response) => response.end());
  const io = new Server(httpServer, { transports: ['websocket'], serveClient: false, ...options });
  const server = { io, requests: [], handshakes: [] };
  const table = { ...ROUTES, ...routes };
  configure?.(io);
  io.on('connection', (socket) => {
    server.handshakes.push(socket.handshake);
    for (const verb of VERBS) {
      socket.on(verb, (request, ack) => {
        server.requests.push({ verb, request, wantsAnswer: typeof ack === 'function' });
        const answer = table[request.url.split('?')[0]]?.(request, socket, ack);
        if (answer) {
          ack(answer);
        }
      });
    }
  });
  await new Promise((resolve) => httpServer.listen(port, '127.0.0.1', resolve));
  server.port = httpServer.address().port;
  server.url = `http://127.0.0.1:${server.port}`;
  server.stop = () => io.close();
  return server;
}
