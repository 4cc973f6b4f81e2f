import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { quietIo, sockets } from './support/client.mjs';
import { next, within } from './support/deadline.mjs';
import { startServer } from './support/sails-server.mjs';

describe('connecting', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  it('names its protocol, the query of the app and the SDK in the handshake', async (t) => {
    const socket = sockets(t)(`${server.url}/`, { query: '?a=1&b=2' });
    await next(socket, 'connect');
    assert.deepEqual({ ...server.handshakes.at(-1).query }, {
      EIO: '4',
      transport: 'websocket',
      a: '1',
      b: '2',
      __sails_io_sdk_version: '1.2.1',
      __sails_io_sdk_platform: 'node',
      __sails_io_sdk_language: 'javascript',
    });
    assert.equal(socket.query, '?a=1&b=2');
  });

  it('sends the headers of the handshake', async (t) => {
    const socket = sockets(t)(server.url, { initialConnectionHeaders: { cookie: 'sails.sid=x', nosession: 'true' } });
    await next(socket, 'connect');
    const { headers } = server.handshakes.at(-1);
    assert.equal(headers.cookie, 'sails.sid=x');
    assert.equal(headers.nosession, 'true');
  });

  it('sends them with the global WebSocket too', { skip: !globalThis.WebSocket }, async (t) => {
    const io = quietIo({ webSocket: undefined });
    const socket = sockets(t)(server.url, { initialConnectionHeaders: { cookie: 'sails.sid=y' } }, io);
    await next(socket, 'connect');
    assert.equal(server.handshakes.at(-1).headers.cookie, 'sails.sid=y');
    assert.equal((await within('the answer', socket.get('/echo'))).url, '/echo');
  });

  it('says what is missing where there is no WebSocket', { skip: !!globalThis.WebSocket }, () => {
    assert.throws(() => quietIo({ webSocket: undefined }).sails.connect(server.url), /io\.sails\.webSocket/);
  });

  it('uses the given path', async (t) => {
    const other = await startServer({ path: '/live/socket.io' });
    t.after(() => other.stop());
    const socket = sockets(t)(other.url, { path: '/live/socket.io' });
    await next(socket, 'connect');
  });

  it('takes a url without a scheme', async (t) => {
    const socket = sockets(t)(server.url.replace('http://', ''));
    await next(socket, 'connect');
  });

  it('refuses settings that cannot work, naming the remedy', () => {
    const { sails } = quietIo();
    assert.throws(() => sails.connect(), /io\.sails\.url/);
    assert.throws(() => sails.connect('http://'), /not a URL/);
    assert.throws(() => sails.connect(`${server.url}/api`), /`path`/);
    assert.throws(() => sails.connect(server.url, { transports: ['polling'] }), /websocket/);
    assert.throws(() => sails.connect(server.url, { query: { a: 1 } }), /query/);
  });

  it('rt_107 sends in order what was asked before, after the listeners of `connect`', async (t) => {
    const socket = sockets(t)(server.url);
    const seen = server.requests.length;
    const answers = [1, 2, 3].map((n) => socket.post('/echo', { n }));
    socket.on('connect', () => socket.post('/echo', { n: 0 }));
    await within('the answers', Promise.all(answers));
    assert.deepEqual(server.requests.slice(seen).map(({ request }) => request.data.n), [0, 1, 2, 3]);
  });

  it('limits how many requests wait', async (t) => {
    const socket = sockets(t)('http://127.0.0.1:1', { reconnection: false });
    const waiting = Array.from({ length: 10_000 }, () => socket.get('/echo'));
    assert.equal(waiting.length, 10_000);
    assert.match((await within('the failure', socket.get('/echo').jwr)).error.message, /10000/);
  });

  it('reports a state that fits', async (t) => {
    const socket = sockets(t)(server.url);
    assert.deepEqual([socket.isConnecting(), socket.isConnected(), socket.id()], [true, false, undefined]);
    assert.throws(() => socket.reconnect(), /already connecting/);
    await next(socket, 'connect');
    assert.deepEqual([socket.isConnecting(), socket.isConnected()], [false, true]);
    assert.ok(server.io.sockets.sockets.has(socket.id()));
    assert.equal(socket._raw.id, socket.id());
    assert.throws(() => socket.reconnect(), /already connected/);
    socket.disconnect();
    assert.deepEqual([socket.isConnecting(), socket.isConnected(), socket.id()], [false, false, undefined]);
    assert.throws(() => socket.disconnect(), /not connected/);
  });

  it('gives each socket its own connection', async (t) => {
    const connect = sockets(t);
    const io = quietIo();
    const [one, two] = [connect(server.url, {}, io), connect(server.url, {}, io)];
    await Promise.all([next(one, 'connect'), next(two, 'connect')]);
    assert.notEqual(one.id(), two.id());
    one.disconnect();
    assert.equal((await within('the answer', two.get('/echo'))).url, '/echo');
  });

  it('takes an object as its only argument', async (t) => {
    const socket = sockets(t)({ url: server.url });
    await next(socket, 'connect');
    assert.equal(socket.url, server.url);
  });

  it('keeps options fixed while connected, unless `strict` is false', async (t) => {
    const io = quietIo();
    const socket = sockets(t)(server.url, {}, io);
    await next(socket, 'connect');
    assert.throws(() => (socket.path = '/elsewhere'), /`path`/);
    socket.path = undefined;
    io.sails.strict = false;
    socket.path = '/elsewhere';
    assert.equal(socket.path, '/elsewhere');
  });

  it('tells when the server cannot be reached', async (t) => {
    const socket = sockets(t)('http://127.0.0.1:1', { reconnection: false });
    const [error] = await next(socket, 'connect_error');
    assert.ok(error instanceof Error);
    assert.deepEqual([socket.isConnecting(), socket.isConnected()], [false, false]);
  });

  it('tells when the server refuses, and does not try again', async (t) => {
    const strict = await startServer({ configure: (io) => io.use((_, proceed) => proceed(new Error('not you'))) });
    t.after(() => strict.stop());
    const socket = sockets(t)(strict.url);
    const retried = [];
    socket.on('reconnect_attempt', (n) => retried.push(n));
    const [[failure], [error]] = await Promise.all([next(socket, 'connect_error'), next(socket, 'error')]);
    assert.equal(failure.message, 'not you');
    assert.equal(error, failure);
    assert.deepEqual([socket._raw.connected, socket._raw.waiting, retried], [false, false, []]);
  });

  it('rt_49 tells when the handshake is answered with 400', async (t) => {
    const strict = await startServer({ allowRequest: (_, decide) => decide('no', false) });
    t.after(() => strict.stop());
    const socket = sockets(t)(strict.url, { reconnection: false });
    await next(socket, 'connect_error');
  });

  it('gives up an attempt that takes too long', async (t) => {
    const slow = await startServer({ configure: (io) => io.use(() => {}) });
    t.after(() => slow.stop());
    const socket = sockets(t)(slow.url, { timeout: 50, reconnection: false });
    const [error] = await next(socket, 'connect_error');
    assert.equal(error.message, 'timeout');
  });

  it('rt_110 with `autoConnect: false` removes io.socket after one turn', async () => {
    const io = quietIo({ url: server.url });
    assert.ok(io.socket.mightBeAboutToAutoConnect());
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal('socket' in io, false);
  });

  it('connects io.socket after one turn, with the settings of that time', async (t) => {
    const io = quietIo({ autoConnect: true });
    io.sails.url = server.url;
    io.sails.headers = { a: '1' };
    t.after(() => io.socket.disconnect());
    assert.deepEqual((await within('the answer', io.socket.get('/echo'))).headers, { a: '1' });
    assert.equal(io.socket.mightBeAboutToAutoConnect(), false);
  });

  it('leaves io.socket waiting where there is no server to connect to', async (t) => {
    const io = quietIo({ autoConnect: true });
    const answer = io.socket.get('/echo');
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(io.socket.isConnecting(), false);
    io.socket.url = server.url;
    io.socket.reconnect();
    t.after(() => io.socket.disconnect());
    assert.equal((await within('the answer', answer)).url, '/echo');
  });
});
