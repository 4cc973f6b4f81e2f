// What clients see that no numbered behaviour names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emit, http, idOf, lifted, ours, sdk, settled, v2, v4, wire, within } from './support.mjs';

const server = lifted();
const kinds = { 'sails.io.js 1.2.1': sdk, 'socket.io-client 2': v2, 'socket.io-client 4': v4, 'topsail.io.js': ours };

async function ask(client, url, data) {
  const answer = await client.get(url, data);
  assert.equal(answer.statusCode, 200, JSON.stringify(answer));
  return answer.body;
}
const say = (client, rooms, data, more) => ask(client, '/rooms/broadcast', { rooms, event: 'e', data, ...more });

for (const [kind, connect] of Object.entries(kinds)) {
  test(`events come in their order, and before the answer that was sent after them: ${kind}`, async (t) => {
    const client = await connect(t, server.base);
    const { events } = client.listen('e');
    await ask(client, '/e2e/ten');
    assert.deepEqual(events.map(({ data }) => data), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test(`texts of all scripts and a long one come through unchanged, both ways: ${kind}`, async (t) => {
    const client = await connect(t, server.base);
    const heard = client.listen('e');
    const texts = ['', 'Käptn ⚓ \u{1f9ed} \u0000 "\\', 'x'.repeat(300_000)];
    for (const text of texts) {
      assert.equal((await client.post('/echo', { text })).body.body.text, text);
      await say(client, idOf(client), text);
    }
    assert.deepEqual((await heard.until(3)).map(({ data }) => data), texts);
  });

  test(`a socket that the server sends away sees why, and does not come back by itself: ${kind}`, async (t) => {
    const [client, other] = [await connect(t, server.base), await v4(t, server.base)];
    const reason = within(new Promise((done) => client.socket.on('disconnect', done)), 'disconnect');
    const attempts = [];
    for (const event of ['reconnecting', 'reconnect_attempt', 'connect']) client.socket.on(event, () => attempts.push(event));
    const id = idOf(client);
    await ask(other, '/e2e/disconnect', { id });
    assert.equal(await reason, 'io server disconnect');
    assert.equal((await ask(other, '/e2e/get', { id })).code, 'SAILS:HOOK:SOCKETS:NO_SUCH_SOCKET');
    assert.deepEqual(attempts, []);
  });
}

test('a logout ends all sockets of its session and no others', async (t) => {
  const { cookie } = await http(server, 'GET', '/session/count');
  const options = { extraHeaders: { cookie } };
  const mine = [await v4(t, server.base, options), await v2(t, server.base, options)];
  const other = await v4(t, server.base);
  const ends = mine.map(({ socket }) => new Promise((done) => socket.on('disconnect', done)));
  const answer = await http(server, 'GET', '/e2e/disconnect?session=true', { cookie });
  assert.deepEqual(answer.body, { ended: 2 });
  await within(Promise.all(ends), 'both are told');
  await settled(other);
});

test('a socket that leaves its own room cannot be addressed by its id, nor left out', async (t) => {
  const [a, b] = [await sdk(t, server.base), await v4(t, server.base)];
  const { events } = a.listen('e');
  await ask(a, '/chat/join', { room: 'beyond' });
  await ask(a, '/chat/leave', { room: idOf(a) });
  await say(b, idOf(a), 'direct');
  await say(a, 'beyond', 'room', { omitSelf: true });
  await settled(a);
  assert.deepEqual(events.map(({ data }) => data), ['room']);
});

test('leave_all can keep the room that it names, and can take the own rooms as well', async (t) => {
  const [a, b] = [await v2(t, server.base), await v4(t, server.base)];
  const { events } = a.listen('e');
  const join = () => ask(a, '/chat/join', { room: ['strip', 'strip x'] });
  await join();
  await ask(b, '/e2e/strip', { room: 'strip', keep: true });
  assert.deepEqual(await ask(a, '/rooms/mine'), { rooms: ['strip'] });
  await join();
  await ask(b, '/e2e/strip', { room: 'strip', own: true });
  assert.deepEqual(await ask(a, '/rooms/mine'), { rooms: [] });
  await say(b, idOf(a), 'direct');
  await settled(a);
  assert.deepEqual(events, []);
});

test('several rooms are left at once, and one that nobody is in is fine', async (t) => {
  const a = await sdk(t, server.base);
  await ask(a, '/chat/join', { room: ['l1', 'l2', 'l3'] });
  await ask(a, '/chat/leave', { room: ['l1', 'l3', 'nowhere', ''] });
  assert.deepEqual(await ask(a, '/rooms/mine'), { rooms: ['l2'] });
});

test('the header nosession of one request takes the session from that request alone', async (t) => {
  const client = await v4(t, server.base);
  const has = async (headers) => (await emit(client, 'get', { url: '/session/get', headers })).body.hasSession;
  assert.deepEqual([await has(), await has({ nosession: 'true' }), await has()], [true, false, true]);
});

test('an address that cannot be decoded is a 400 with a text', async (t) => {
  const client = await sdk(t, server.base);
  const { statusCode, body } = await client.get('/user/%E0%A4%A');
  assert.equal(statusCode, 400);
  assert.equal(typeof body, 'string');
});

test('the cookie route answers over a socket too, and sets nothing there', async (t) => {
  const client = await v4(t, server.base);
  assert.deepEqual(await client.get('/__getcookie'), { body: '_sailsIoJSConnect();', headers: {}, statusCode: 200 });
});

test('absolute addresses, fragments and blanks are routed by their path', async (t) => {
  const client = await v4(t, server.base);
  for (const url of ['http://elsewhere.example/echo?q=1', '/echo?q=1#there', ' /echo?q=1 ']) {
    const { statusCode, body } = await emit(client, 'get', { url });
    assert.deepEqual([statusCode, body.query], [200, { q: '1' }], url);
  }
  for (const url of ['echo', '?q=1']) assert.equal((await emit(client, 'get', { url })).statusCode, 404, url);
});

test('a client that goes away in the middle of its request disturbs nobody', async (t) => {
  const watcher = await v4(t, server.base);
  const heard = watcher.listen('order');
  await ask(watcher, '/order');
  const w = await wire(t, server);
  await w.open();
  w.tell('420["post",{"url":"/order","data":{"status":"left behind"}}]');
  w.tell('41');
  const { data } = (await heard.until(1))[0];
  assert.deepEqual([data.verb, data.data.status], ['created', 'left behind']);
});
