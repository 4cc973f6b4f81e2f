// The documented room API. A is mostly the one who asks, B and C are others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { http, idOf, lifted, ours, sdk, settled, v2, v4 } from './support.mjs';

const server = lifted();

// Three kinds of clients, each of which hears `message` and `e`.
async function abc(t) {
  const clients = [await sdk(t, server.base), await v4(t, server.base), await v2(t, server.base)];
  for (const client of clients) client.heard = client.listen('message', 'e').events;
  return clients;
}

const names = ({ heard }) => heard.map(({ name, data }) => [name, data]);
const join = async (client, room) => assert.equal((await client.get('/chat/join', { room })).statusCode, 200);
const leave = async (client, room) => assert.equal((await client.get('/chat/leave', { room })).statusCode, 200);

// Asks for something of the room API and lets everything that it sends arrive.
async function ask(client, url, data, ...others) {
  const answer = await client.get(`/rooms/${url}`, data);
  assert.equal(answer.statusCode, 200, JSON.stringify(answer));
  await settled(client, ...others);
  return answer.body;
}

test('rt_57 a broadcast reaches the members of the room and nobody else', async (t) => {
  const [a, b, c] = await abc(t);
  await join(a, 'rt57');
  await join(b, 'rt57');
  await ask(a, 'broadcast', { rooms: 'rt57', event: 'e', data: { a: 1 } }, b, c);
  assert.deepEqual(names(a), [['e', { a: 1 }]]);
  assert.deepEqual(names(b), [['e', { a: 1 }]]);
  assert.deepEqual(names(c), []);
});

test('rt_57 rooms have any name', async (t) => {
  const [a, b] = await abc(t);
  for (const room of ['Käptn ⚓', 'a b', 'sails_model_', '__proto__', '0', ' ']) {
    await join(a, room);
    await ask(b, 'broadcast', { rooms: room, event: 'e', data: room }, a);
    assert.deepEqual(names(a).pop(), ['e', room]);
  }
  assert.deepEqual(names(b), []);
});

test('rt_58 the event is message where none is named', async (t) => {
  const [a, b] = await abc(t);
  await join(b, 'rt58');
  await ask(a, 'broadcast', { rooms: 'rt58', data: [1], form: 'noevent' }, b);
  await ask(a, 'blast', { data: { n: 2 }, form: 'noevent' }, b);
  assert.deepEqual(names(b), [['message', [1]], ['message', { n: 2 }]]);
  assert.deepEqual(names(a), [['message', { n: 2 }]]);
});

test('rt_59 omit leaves out the one who asks, also where its request came over HTTP nobody', async (t) => {
  const [a, b] = await abc(t);
  for (const client of [a, b]) await join(client, 'rt59');
  await ask(a, 'broadcast', { rooms: 'rt59', event: 'e', data: 1, omitSelf: true }, b);
  assert.deepEqual([names(a), names(b)], [[], [['e', 1]]]);
  await http(server, 'POST', '/rooms/broadcast', { body: { rooms: 'rt59', event: 'e', data: 2, omitSelf: true } });
  await settled(a, b);
  assert.deepEqual([names(a), names(b)], [[['e', 2]], [['e', 1], ['e', 2]]]);
});

test('rt_60 omit holds without an event too', async (t) => {
  const [a, b] = await abc(t);
  for (const client of [a, b]) await join(client, 'rt60');
  await ask(a, 'broadcast', { rooms: 'rt60', data: { n: 1 }, form: 'noevent-omit' }, b);
  assert.deepEqual([names(a), names(b)], [[], [['message', { n: 1 }]]]);
});

test('rt_61 a socket in several of the rooms hears a broadcast once', async (t) => {
  const [a, b, c] = await abc(t);
  await join(a, ['rt61a', 'rt61b']);
  await join(b, 'rt61b');
  await ask(c, 'broadcast', { rooms: ['rt61a', 'rt61b', 'rt61c'], event: 'e', data: 1 }, a, b);
  assert.deepEqual([names(a), names(b), names(c)], [[['e', 1]], [['e', 1]], []]);
});

test('rt_62 a broadcast to the id of a socket reaches that socket', async (t) => {
  const [a, b, c] = await abc(t);
  for (const target of [a, b, c]) {
    await ask(b, 'broadcast', { rooms: idOf(target), event: 'e', data: idOf(target) }, a, c);
    assert.deepEqual(names(target), [['e', idOf(target)]]);
  }
});

test('rt_63 one leave undoes any number of joins', async (t) => {
  const [a, b] = await abc(t);
  await join(a, 'rt63');
  await join(a, 'rt63');
  await ask(b, 'broadcast', { rooms: 'rt63', event: 'e', data: 1 }, a);
  await leave(a, 'rt63');
  await ask(b, 'broadcast', { rooms: 'rt63', event: 'e', data: 2 }, a);
  assert.deepEqual(names(a), [['e', 1]]);
});

test('rt_64 a broadcast to nobody is no error and reaches nobody', async (t) => {
  const [a, b] = await abc(t);
  for (const rooms of ['rt64 nobody', [], '', ['', 'rt64 nobody']]) {
    await ask(a, 'broadcast', { rooms, event: 'e', data: 1 }, b);
  }
  assert.deepEqual([names(a), names(b)], [[], []]);
});

test('rt_65 joining an id of nobody is no error', async (t) => {
  const [a] = await abc(t);
  for (const id of ['no-such-id', 'AAAAAAAAAAAAAAAA', '']) {
    assert.deepEqual(await ask(a, 'join', { id, room: 'rt65' }), { error: null });
  }
});

test('rt_66 a list of ids joins all of them', async (t) => {
  const [a, b, c] = await abc(t);
  await ask(a, 'join', { id: [idOf(b), 'no-such-id', idOf(c)], room: 'rt66' });
  await ask(a, 'broadcast', { rooms: 'rt66', event: 'e', data: 1 }, b, c);
  assert.deepEqual([names(a), names(b), names(c)], [[], [['e', 1]], [['e', 1]]]);
});

test('rt_67 leave_all takes the members out of all their rooms but their own', async (t) => {
  const [a, b, c] = await abc(t);
  await join(a, ['rt67', 'rt67 x', 'rt67 y']);
  await join(b, 'rt67 x');
  assert.deepEqual(await ask(c, 'leave-all', { room: 'rt67' }), { error: null });
  await ask(c, 'broadcast', { rooms: ['rt67', 'rt67 x', 'rt67 y'], event: 'e', data: 1 }, a, b);
  assert.deepEqual([names(a), names(b)], [[], [['e', 1]]]);
  await ask(c, 'broadcast', { rooms: idOf(a), event: 'e', data: 'direct' }, a);
  assert.deepEqual(names(a), [['e', 'direct']]);
});

test('rt_68 leave_all with the id of a socket strips that socket alone', async (t) => {
  const [a, b, c] = await abc(t);
  for (const client of [a, b]) await join(client, 'rt68');
  await ask(c, 'leave-all', { room: idOf(a) });
  await ask(c, 'broadcast', { rooms: 'rt68', event: 'e', data: 1 }, a, b);
  assert.deepEqual([names(a), names(b)], [[], [['e', 1]]]);
});

test('rt_69 members of a room are added to others and stay in it', async (t) => {
  const [a, b, c] = await abc(t);
  for (const client of [a, b]) await join(client, 'rt69 a');
  assert.deepEqual(await ask(c, 'add-members', { source: 'rt69 a', dest: ['rt69 b', 'rt69 c'] }), { error: null });
  for (const room of ['rt69 a', 'rt69 b', 'rt69 c']) {
    await ask(c, 'broadcast', { rooms: room, event: 'e', data: room }, a, b);
  }
  const all = [['e', 'rt69 a'], ['e', 'rt69 b'], ['e', 'rt69 c']];
  assert.deepEqual([names(a), names(b), names(c)], [all, all, []]);
});

test('rt_70 members of a room are taken out of another, whose other members stay', async (t) => {
  const [a, b, c] = await abc(t);
  await join(a, ['rt70 a', 'rt70 b']);
  await join(b, 'rt70 b');
  assert.deepEqual(await ask(c, 'remove-members', { source: 'rt70 a', dest: 'rt70 b' }), { error: null });
  await ask(c, 'broadcast', { rooms: 'rt70 b', event: 'e', data: 1 }, a, b);
  await ask(c, 'broadcast', { rooms: 'rt70 a', event: 'e', data: 2 }, a, b);
  assert.deepEqual([names(a), names(b)], [[['e', 2]], [['e', 1]]]);
});

test('rt_71 an empty source room is no error', async (t) => {
  const [a] = await abc(t);
  for (const url of ['add-members', 'remove-members']) {
    for (const source of ['rt71 nobody', '']) {
      assert.deepEqual(await ask(a, url, { source, dest: 'rt71' }), { error: null });
    }
  }
});

test('rt_73 getting a socket that is not there, or of an HTTP request, fails with its code', async (t) => {
  const [a, b] = await abc(t);
  assert.deepEqual((await a.get('/e2e/get', { id: idOf(b) })).body, { id: idOf(b), connected: true });
  for (const id of ['AAAAAAAAAAAAAAAA', 'no-such-id', '']) {
    const { code, status } = (await a.get('/e2e/get', { id })).body;
    assert.deepEqual([code, status], ['SAILS:HOOK:SOCKETS:NO_SUCH_SOCKET', 404], id);
  }
  assert.equal((await http(server, 'GET', '/e2e/get-mine')).body.code, 'SAILS:HOOK:SOCKETS:USAGE');
});

test('rt_74 a blast reaches everyone, or everyone but one', async (t) => {
  const [a, b, c] = await abc(t);
  await ask(a, 'blast', { event: 'e', data: 1 }, b, c);
  await ask(b, 'blast', { event: 'e', data: 2, omitSelf: true }, a, c);
  const all = [['e', 1], ['e', 2]];
  assert.deepEqual([names(a), names(b), names(c)], [all, [['e', 1]], all]);
});

test('rt_75 the events of socket.io cannot be sent', async (t) => {
  const [a, b] = await abc(t);
  const disconnects = b.listen('disconnect').events;
  await join(b, 'rt75');
  for (const event of ['disconnect', 'connect', 'connect_error', 'disconnecting', 'newListener', 'removeListener']) {
    const answer = await a.get('/rooms/broadcast', { rooms: 'rt75', event, data: 1 });
    assert.equal(answer.statusCode, 400, event);
  }
  await settled(b);
  assert.deepEqual(disconnects, []);
  await ask(a, 'broadcast', { rooms: 'rt75', event: 'error', data: 1 }, b);
});

test('rt_76 the former names of the room API still work', async (t) => {
  const [a, b] = await abc(t);
  const { body } = await a.get('/e2e/formerly', { id: [idOf(b), 'no-such-id'], event: 'e', data: { n: 1 } });
  assert.deepEqual(body, { id: idOf(a), parsed: idOf(a), rooms: [idOf(a)] });
  await settled(a, b);
  assert.deepEqual([names(a), names(b)], [[], [['e', { n: 1 }]]]);
  assert.deepEqual((await http(server, 'GET', '/e2e/formerly')).body, { id: null, parsed: null, rooms: null });
});

test('rt_58 our client hears what the others hear', async (t) => {
  const [a] = await abc(t);
  const own = await ours(t, server.base);
  const heard = own.listen('message').events;
  await ask(a, 'blast', { data: 'all', form: 'noevent' }, own);
  assert.deepEqual(heard, [{ name: 'message', data: 'all' }]);
});
