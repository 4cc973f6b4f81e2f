import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sockets } from './support/client.mjs';
import { next, within } from './support/deadline.mjs';
import { startServer } from './support/sails-server.mjs';

describe('reconnection', () => {
  it('rt_108 finds a restarted server, keeps listeners, gets a new id and sends what waited', async (t) => {
    const first = await startServer();
    const socket = sockets(t)(first.url);
    const seen = [];
    for (const event of ['connect', 'reconnecting', 'reconnect_attempt', 'reconnect', 'disconnect']) {
      socket.on(event, () => seen.push(event));
    }
    await next(socket, 'connect');
    const id = socket.id();
    const lost = next(socket, 'disconnect');
    await first.stop();
    assert.deepEqual(await lost, ['transport close']);
    assert.equal(socket.isConnected(), false);
    assert.equal(socket.isConnecting(), false);
    const waiting = [socket.post('/echo', { n: 1 }), socket.post('/echo', { n: 2 })];

    const back = next(socket, 'reconnect');
    const second = await startServer({ port: first.port });
    t.after(() => second.stop());
    const [retries] = await back;
    assert.ok(retries >= 1);
    assert.deepEqual((await within('the answers', Promise.all(waiting))).map((body) => body.data.n), [1, 2]);
    assert.notEqual(socket.id(), id);

    const news = next(socket, 'news');
    socket.on('news', () => seen.push('news'));
    second.io.emit('news');
    await news;
    const order = seen.filter((event, index) => event !== seen[index - 1] && !/ing$|attempt$/.test(event));
    assert.deepEqual(order, ['connect', 'disconnect', 'reconnect', 'connect', 'news']);
    assert.ok(seen.includes('reconnecting') && seen.includes('reconnect_attempt'));
  });

  it('goes on from a first attempt that failed', async (t) => {
    const probe = await startServer();
    await probe.stop();
    const socket = sockets(t)(probe.url);
    const answer = socket.get('/echo');
    await next(socket, 'connect_error');
    const server = await startServer({ port: probe.port });
    t.after(() => server.stop());
    assert.equal((await within('the answer', answer)).url, '/echo');
  });

  it('gives up after the attempts that are allowed', async (t) => {
    const socket = sockets(t)('http://127.0.0.1:1', { reconnectionAttempts: 2 });
    const retries = [];
    socket.on('reconnect_attempt', (n) => retries.push(n));
    let errors = 0;
    socket.on('connect_error', () => (errors += 1));
    await next(socket, 'reconnect_failed');
    assert.deepEqual(retries, [1, 2]);
    assert.equal(errors, 3);
    assert.throws(() => socket.disconnect(), /not connected/);
  });

  it('does not happen if it is switched off', async (t) => {
    const server = await startServer();
    const socket = sockets(t)(server.url, { reconnection: false });
    await next(socket, 'connect');
    const lost = next(socket, 'disconnect');
    await server.stop();
    await lost;
    assert.equal(socket._raw.waiting, false);
  });

  it('does not happen if the server sent the socket away', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    const socket = sockets(t)(server.url);
    await next(socket, 'connect');
    const lost = next(socket, 'disconnect');
    server.io.disconnectSockets();
    assert.deepEqual(await lost, ['io server disconnect']);
    assert.equal(socket._raw.waiting, false);
    socket.reconnect();
    await next(socket, 'connect');
  });

  it('follows a sleep of the machine, and what was asked then is sent once', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    const socket = sockets(t)(server.url);
    await next(socket, 'connect');
    assert.equal((await within('the answer', socket.get('/echo'))).url, '/echo');
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 });
    const lost = next(socket, 'disconnect');
    let calls = 0;
    const answer = within('the answer', new Promise((resolve) => socket.post('/echo', { late: true }, (body) => {
      calls += 1;
      resolve(body);
    })));
    assert.deepEqual(await lost, ['ping timeout']);
    assert.deepEqual((await answer).data, { late: true });
    await within('another answer', socket.get('/echo'));
    assert.equal(calls, 1);
    assert.equal(server.requests.filter(({ request }) => request.data.late).length, 1);
  });

  it('rt_109 disconnect, then reconnect: listeners are kept and what waited is sent', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    const socket = sockets(t)(server.url);
    await next(socket, 'connect');
    const seen = [];
    socket.on('disconnect', (reason) => seen.push(reason));
    socket.on('news', () => seen.push('news'));
    socket.disconnect();
    assert.deepEqual(seen, ['io client disconnect']);
    const waiting = socket.get('/echo');
    socket.reconnect();
    assert.ok(socket.isConnecting());
    assert.equal((await within('the answer', waiting)).url, '/echo');
    const news = next(socket, 'news');
    server.io.emit('news');
    await news;
    assert.deepEqual(seen, ['io client disconnect', 'news']);
  });

  it('ends when the app closes a socket that is offline', async (t) => {
    const server = await startServer();
    const socket = sockets(t)(server.url, { reconnectionDelay: 60_000, reconnectionDelayMax: 60_000 });
    await next(socket, 'connect');
    const lost = next(socket, 'disconnect');
    await server.stop();
    await lost;
    assert.equal(socket._raw.waiting, true);
    socket.disconnect();
    assert.equal(socket._raw.waiting, false);
    assert.throws(() => socket.disconnect(), /not connected/);
  });

  it('ends when the app closes a socket that connects', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    const socket = sockets(t)(server.url);
    socket.on('connect', () => assert.fail('connected'));
    socket.disconnect();
    assert.equal(socket.isConnecting(), false);
    const other = sockets(t)(server.url);
    await next(other, 'connect');
  });

  it('is at once if the app calls reconnect() in a pause', async (t) => {
    const server = await startServer();
    const socket = sockets(t)(server.url, { reconnectionDelay: 60_000, reconnectionDelayMax: 60_000 });
    await next(socket, 'connect');
    const lost = next(socket, 'disconnect');
    await server.stop();
    await lost;
    const again = await startServer({ port: server.port });
    t.after(() => again.stop());
    socket.reconnect();
    await next(socket, 'connect');
  });

  it('stops when an option changes', async (t) => {
    const server = await startServer();
    const socket = sockets(t)(server.url, { reconnectionDelay: 60_000, reconnectionDelayMax: 60_000 });
    await next(socket, 'connect');
    const lost = next(socket, 'disconnect');
    await server.stop();
    await lost;
    const other = await startServer();
    t.after(() => other.stop());
    socket.url = other.url;
    assert.equal(socket._raw.waiting, false);
    socket.reconnect();
    await next(socket, 'connect');
  });
});
