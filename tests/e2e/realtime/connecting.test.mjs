// The handshake of both generations of the protocol, as the server is by default and as it can be configured.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { emit, http, idOf, lifted, sdk, v2, v4, wire, within } from './support.mjs';

const require = createRequire(import.meta.url);
const server = lifted();
const configured = lifted({
  flags: ['--sockets.path=/socketsarefun', '--sockets.transports=["polling","websocket"]', '--sockets.ping_interval=150'],
});

test('rt_01 sails.io.js connects with protocol 3 and knows the id that the server has for it', async (t) => {
  const client = await sdk(t, server.base);
  assert.equal(client.socket._raw.io.engine.transport.name, 'websocket');
  assert.equal(client.socket._raw.io.engine.transport.query.EIO, 3);
  const { body } = await client.get('/rooms/get-id');
  assert.equal(body.id, idOf(client));
});

test('rt_02 socket.io-client 4 connects over a websocket and knows its id', async (t) => {
  const client = await v4(t, server.base);
  assert.equal(client.socket.io.engine.transport.name, 'websocket');
  assert.equal((await client.get('/rooms/get-id')).body.id, idOf(client));
});

test('rt_03 protocol 3 opens with the settings, and is connected without having asked', async (t) => {
  const [first, second] = await (await wire(t, server, { protocol: 3 })).open();
  assert.match(first, /^0\{/);
  const { upgrades, pingInterval, pingTimeout, sid } = JSON.parse(first.slice(1));
  assert.deepEqual({ upgrades, pingInterval, pingTimeout }, { upgrades: [], pingInterval: 25_000, pingTimeout: 60_000 });
  assert.equal(typeof sid, 'string');
  assert.equal(second, '40');
});

test('rt_04 the ping of a client of protocol 3 is answered, a client of protocol 4 is pinged', async (t) => {
  const three = await wire(t, server, { protocol: 3 });
  await three.open();
  three.tell('2');
  assert.equal(await three.next(), '3');
  const four = await wire(t, configured, { path: '/socketsarefun/' });
  const opening = await four.next();
  assert.equal(JSON.parse(opening.slice(1)).pingInterval, 150);
  const since = Date.now();
  assert.equal(await four.next(), '2');
  assert.ok(Date.now() - since < 5_000);
});

test('rt_05 polling is a 400 unless it is allowed', async () => {
  assert.equal((await http(server, 'GET', '/socket.io/?EIO=4&transport=polling')).status, 400);
});

test('rt_06 clients that begin with polling connect, upgrade and are answered', async (t) => {
  for (const connect of [v2, v4]) {
    const client = await connect(t, configured.base, { path: '/socketsarefun', transports: ['polling', 'websocket'] });
    const { engine } = client.socket.io;
    if (engine.transport.name !== 'websocket') {
      await within(new Promise((done) => engine.once('upgrade', done)), 'the upgrade');
    }
    assert.equal(engine.transport.name, 'websocket');
    assert.deepEqual((await client.get('/test/ping')).body, { pong: true });
  }
  const polling = await v4(t, configured.base, { path: '/socketsarefun', transports: ['polling'] });
  assert.deepEqual((await polling.get('/test/ping')).body, { pong: true });
});

test('rt_07 the client file of socket.io is not served', async () => {
  assert.equal((await http(server, 'GET', '/socket.io/socket.io.js')).status, 400);
});

test('rt_08 another path serves those who know it and nobody else', async (t) => {
  const client = await sdk(t, configured.base, { path: '/socketsarefun' });
  assert.equal((await client.get('/test/ping')).statusCode, 200);
  await assert.rejects(sdk(t, configured.base), /connect_error/);
});

test('rt_09 another namespace is a connect_error', async (t) => {
  const { io } = require('socket.io-client');
  const socket = io(`${server.base}/foo`, { transports: ['websocket'], forceNew: true });
  t.after(() => socket.disconnect());
  const error = await within(new Promise((done) => socket.on('connect_error', done)), 'connect_error');
  assert.equal(error.message, 'Invalid namespace');
  const two = require('socket.io-client-2')(`${server.base}/foo`, { transports: ['websocket'], forceNew: true });
  t.after(() => two.disconnect());
  const old = await within(new Promise((done) => two.on('error', done)), 'error');
  assert.equal(old.message ?? old, 'Invalid namespace');
});

test('rt_10 a client that names no SDK connects and hears a blast, but its requests are parse errors', async (t) => {
  const client = await v4(t, server.base, { query: { __sails_io_sdk_version: undefined } });
  const other = await v4(t, server.base);
  const seen = client.listen('news');
  const answer = await emit(client, 'get', { url: '/test/ping' });
  assert.equal(answer.code, 'SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ');
  assert.equal(answer.status, 400);
  await other.get('/rooms/blast', { event: 'news', data: { a: 1 } });
  assert.deepEqual((await seen.until(1))[0].data, { a: 1 });
});

test('rt_11 the SDK must be of 0.11 or newer', async (t) => {
  for (const [version, status] of [['0.10.9', 400], ['0.11.0-rc1', 200], ['0.11.0', 200], ['9.9.9', 200]]) {
    const client = await v4(t, server.base, { query: { __sails_io_sdk_version: version } });
    assert.equal((await emit(client, 'get', { url: '/test/ping' })).statusCode, status, version);
  }
});
