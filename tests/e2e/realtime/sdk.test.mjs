// The behaviour of sails.io.js 1.2.1 itself, against this server, and of our client beside it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { createIo } from '../../../framework/client/dist/topsail.io.mjs';
import { start } from '../server.mjs';
import { lifted, within } from './support.mjs';

const require = createRequire(import.meta.url);
const server = lifted();

// A socket.io-client that nobody has augmented yet, with the SDK on it, as a page has it after loading the script.
function loaded() {
  for (const file of Object.keys(require.cache)) {
    if (/node_modules\/(socket\.io-client-2|sails\.io\.js)\//.test(file)) delete require.cache[file];
  }
  const io = require('sails.io.js')(require('socket.io-client-2'));
  io.sails.environment = 'production';
  io.sails.url = server.base;
  return io;
}

const mine = () => createIo({ webSocket: WebSocket, autoConnect: false, environment: 'production' });

const kinds = {
  'sails.io.js 1.2.1': loaded,
  'topsail.io.js': mine,
};

const once = (socket, event) => within(new Promise((done) => socket.on(event, done)), event);
const ask = (socket, method, url, data) =>
  within(new Promise((done) => socket[method](url, data ?? {}, (body, jwr) => done({ body, jwr }))), `${method} ${url}`);

function ending(t, socket) {
  t.after(() => {
    try {
      socket.disconnect();
    } catch {
      // It throws where it is not connected.
    }
  });
  return socket;
}

// Stands between a client and the server, and keeps what the client sends.
async function wiretap(t, { base }) {
  const sent = [];
  const tap = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  t.after(() => tap.close());
  tap.on('connection', (client, { url }) => {
    const through = new WebSocket(base.replace('http', 'ws') + url);
    const early = [];
    client.on('message', (frame) => {
      sent.push(String(frame));
      if (through.readyState === WebSocket.OPEN) through.send(String(frame));
      else early.push(String(frame));
    });
    through.on('open', () => early.forEach((frame) => through.send(frame)));
    through.on('message', (frame) => client.send(String(frame)));
    through.on('close', () => client.close());
    client.on('close', () => through.close());
  });
  await new Promise((done) => tap.on('listening', done));
  return {
    base: `http://127.0.0.1:${tap.address().port}`,
    requests: () => sent.filter((f) => /^42\d+\[/.test(f)).map((f) => JSON.parse(f.slice(f.indexOf('[')))[1].url),
  };
}

for (const [kind, make] of Object.entries(kinds)) {
  const io = () => {
    const made = make();
    made.sails.autoConnect = false;
    return made;
  };

  test(`rt_107 what was asked and bound before the connection is replayed in its order: ${kind}`, async (t) => {
    const tapped = await wiretap(t, server);
    const socket = ending(t, io().sails.connect(tapped.base, { transports: ['websocket'], multiplex: false }));
    const heard = once(socket, 'e');
    const urls = ['/rooms/get-id', '/echo', '/e2e/text', '/test/ping', '/e2e/seen'];
    const asked = urls.map((url) => ask(socket, 'get', url));
    assert.equal(socket.isConnected(), false);
    assert.ok((await Promise.all(asked)).every(({ jwr }) => jwr.statusCode === 200));
    assert.deepEqual(tapped.requests(), urls);
    await ask(socket, 'get', '/rooms/blast', { event: 'e', data: 1 });
    assert.equal(await heard, 1);
  });

  test(`rt_108 a client finds a restarted server, with a new id and no rooms: ${kind}`, async (t) => {
    const first = await start();
    const options = { transports: ['websocket'], multiplex: false, reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 50 };
    const socket = ending(t, io().sails.connect(first.base, options));
    await once(socket, 'connect');
    const before = (await ask(socket, 'get', '/rooms/get-id')).body.id;
    await ask(socket, 'get', '/chat/join', { room: 'rt108' });
    assert.deepEqual((await ask(socket, 'get', '/rooms/mine')).body.rooms, ['rt108']);
    const lost = once(socket, 'disconnect');
    await first.stop('SIGKILL');
    await lost;
    const queued = ask(socket, 'get', '/rooms/get-id');
    const second = await start({ port: first.port });
    t.after(() => second.stop());
    const after = (await queued).body.id;
    assert.notEqual(after, before);
    assert.deepEqual((await ask(socket, 'get', '/rooms/mine')).body.rooms, []);
  });

  test(`rt_109 after disconnect and reconnect the queue is flushed: ${kind}`, async (t) => {
    const socket = ending(t, io().sails.connect(server.base, { transports: ['websocket'], multiplex: false, reconnection: false }));
    assert.deepEqual([socket.isConnected(), socket.isConnecting()], [false, true]);
    await once(socket, 'connect');
    assert.deepEqual([socket.isConnected(), socket.isConnecting()], [true, false]);
    assert.throws(() => socket.reconnect());
    socket.disconnect();
    assert.deepEqual([socket.isConnected(), socket.isConnecting()], [false, false]);
    assert.throws(() => socket.disconnect());
    const queued = ask(socket, 'get', '/test/ping');
    socket.reconnect();
    assert.equal(socket.isConnecting(), true);
    assert.deepEqual((await queued).body, { pong: true });
    assert.deepEqual([socket.isConnected(), socket.isConnecting()], [true, false]);
  });

  test(`rt_112 headers of the socket come with every request and can be overridden or removed: ${kind}`, async (t) => {
    const headers = { 'x-custom': 'all', 'x-global': 'too' };
    const socket = ending(t, io().sails.connect(server.base, { transports: ['websocket'], multiplex: false, headers }));
    const seen = (own) =>
      within(
        new Promise((done) => socket.request({ method: 'get', url: '/echo', headers: own }, (body) => done(body.headers))),
        'the answer',
      );
    assert.deepEqual(await seen(), headers);
    assert.deepEqual(await seen({ 'x-custom': 'own' }), { ...headers, 'x-custom': 'own' });
    assert.deepEqual(await seen({ 'x-global': undefined }), { 'x-custom': 'all' });
    socket.headers = { 'x-global': 'later' };
    assert.deepEqual(await seen(), { 'x-global': 'later' });
  });
}

test('rt_110 without autoConnect io.socket is gone after a tick, and io.sails.connect works', async (t) => {
  const io = loaded();
  io.sails.autoConnect = false;
  assert.ok(io.socket);
  await new Promise((done) => setTimeout(done));
  assert.equal(io.socket, undefined);
  const socket = ending(t, io.sails.connect(server.base));
  assert.equal((await ask(socket, 'get', '/test/ping')).jwr.statusCode, 200);
});

test('rt_110 with autoConnect io.socket connects by itself', async (t) => {
  const io = loaded();
  ending(t, io.socket);
  assert.equal(io.socket.mightBeAboutToAutoConnect(), true);
  assert.equal((await ask(io.socket, 'get', '/test/ping')).jwr.statusCode, 200);
});
