// What the tests of this folder share: a server for the file, clients that end with their test, the wire by hand.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import WebSocket from 'ws';
import { plain, plain2, sails, topsail, within } from '../clients.mjs';
import { start } from '../server.mjs';

export { within };
export const PARSE_ERROR = 'SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ';
export const SDK = '__sails_io_sdk_version=1.2.1';

// The server of a test file, started before its tests.
export function lifted(options) {
  const server = {};
  before(async () => Object.assign(server, await start(options)));
  after(() => server.stop?.());
  return server;
}

// A client that ends with the test.
const ending = (connect) => async (t, base, options) => {
  const client = await connect(base, options);
  t.after(() => {
    try {
      client.close();
    } catch {
      // sails.io.js throws where the connection has ended.
    }
  });
  return client;
};

export const sdk = ending(sails);
export const v4 = ending(plain);
export const v2 = ending(plain2);
export const ours = ending(topsail);

// The socket's id as its client knows it.
export const idOf = ({ socket }) => socket._raw?.id ?? socket.id;

// Whatever was sent to a client before now has arrived once this is answered.
export async function settled(...clients) {
  for (const client of clients) assert.equal((await client.get('/test/ping')).statusCode, 200);
}

// A virtual request with all that it can hold, over plain socket.io.
export const emit = (client, event, message) =>
  within(new Promise((done) => client.socket.emit(event, message, done)), `${event} ${JSON.stringify(message)}`);

// The same over HTTP; a cookie is sent along and what the server sets is given back.
export async function http(server, method, url, { body, cookie, headers = {} } = {}) {
  const answer = await fetch(server.base + url, {
    method,
    redirect: 'manual',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(cookie ? { cookie } : {}),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const set = answer.headers.get('set-cookie');
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    cookie: set?.split(';')[0],
    get body() {
      return JSON.parse(text);
    },
  };
}

// A connection that speaks the wire by hand. It sends nothing of its own accord.
export async function wire(t, server, { protocol = 4, query = SDK, path = '/socket.io/' } = {}) {
  const address = `${server.base.replace('http', 'ws')}${path}?EIO=${protocol}&transport=websocket&${query}`;
  const socket = new WebSocket(address);
  const frames = [];
  const waiting = [];
  let closed;
  const wake = () => waiting.splice(0).forEach((go) => go());
  socket.on('message', (data, binary) => {
    frames.push(binary ? data : String(data));
    wake();
  });
  socket.on('error', (error) => (closed = error.message));
  socket.on('close', (code) => {
    closed ??= `with ${code}`;
    wake();
  });
  t.after(() => socket.close());
  const next = async (test = () => true) => {
    for (;;) {
      const at = frames.findIndex(test);
      if (at >= 0) return frames.splice(at, 1)[0];
      if (closed) throw new Error(`the connection closed: ${closed}`);
      await within(new Promise((done) => waiting.push(done)), `a frame; have ${frames}`);
    }
  };
  return {
    next,
    frames,
    tell: (text) => socket.send(text),
    async open() {
      const first = await next();
      if (protocol === 4) socket.send('40');
      // A ping may come in between.
      return [first, await next((f) => protocol === 3 || f.startsWith('40'))];
    },
    async ask(id, text) {
      socket.send(`42${id}${text}`);
      const frame = await next((f) => f.startsWith?.(`43${id}[`));
      return JSON.parse(frame.slice(`43${id}`.length))[0];
    },
  };
}

// The status and the text with which an upgrade is refused; undefined if it is not.
export function upgrade(server, { query = SDK, headers = {}, path = '/socket.io/' } = {}) {
  const socket = new WebSocket(`${server.base.replace('http', 'ws')}${path}?EIO=4&transport=websocket&${query}`, { headers });
  return within(
    new Promise((done, fail) => {
      socket.on('open', () => {
        socket.close();
        done(undefined);
      });
      socket.on('unexpected-response', (_, response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => done({ status: response.statusCode, text }));
      });
      socket.on('error', fail);
    }),
    'the upgrade is answered',
  );
}
