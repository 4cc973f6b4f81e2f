// Two nodes and one Redis: real clients on both. Needs a build with the feature `redis`, and a Redis (REDIS_URL).
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { start } from '../server.mjs';
import { http, idOf, ours, sdk, settled, v2, v4, within } from './support.mjs';

const REDIS = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const nodes = [];

before(async () => {
  const prefix = `topsail_e2e_${process.pid}_${Date.now()}`;
  const flags = [
    '--sockets.adapter=redis',
    `--sockets.url=${REDIS}`,
    `--sockets.prefix=${prefix}`,
    '--session.adapter=redis',
    `--session.url=${REDIS}`,
    `--session.prefix=${prefix}:`,
  ];
  try {
    for (let n = 0; n < 2; n += 1) nodes.push(await start({ flags }));
  } catch (error) {
    throw new Error('build it with: cargo build -p conformance-app --features redis, and start a Redis', { cause: error });
  }
});
after(() => Promise.all(nodes.map((node) => node.stop())));

// A on the first node; B and C on the second, of other kinds.
let a;
let b;
let c;
async function abc(t) {
  a = await sdk(t, nodes[0].base);
  b = await v4(t, nodes[1].base);
  c = await v2(t, nodes[1].base);
  for (const client of [a, b, c]) client.inbox = client.listen('e', 'mark', 'order');
}

const ask = async (client, url, data) => {
  const answer = await client.get(url, data);
  assert.equal(answer.statusCode, 200, JSON.stringify(answer));
  return answer.body;
};

// What one node says is done in that order on each other one: once the mark is there, all before it is.
let marks = 0;
async function heard(from, ...clients) {
  marks += 1;
  await ask(from, '/rooms/blast', { event: 'mark', data: marks });
  const marked = ({ name, data }) => name === 'mark' && data === marks;
  const all = [];
  for (const { inbox } of clients) {
    for (let n = 1; !inbox.events.some(marked); n += 1) await inbox.until(n);
    const before = inbox.events.splice(0, inbox.events.findIndex(marked) + 1);
    all.push(before.filter(({ name }) => name !== 'mark').map(({ data }) => data));
  }
  return all;
}

beforeEach(async (t) => {
  await http(nodes[0], 'GET', '/test/reset');
  await abc(t);
});

const say = (client, rooms, data, more = {}) => ask(client, '/rooms/broadcast', { rooms, event: 'e', data, ...more });

test('rt_77 a broadcast and a blast reach the sockets of both nodes once, whoever is left out', async () => {
  for (const client of [a, b, c]) await ask(client, '/chat/join', { room: ['rt77', 'rt77 too'] });
  await say(a, ['rt77', 'rt77 too'], 1);
  await ask(a, '/rooms/blast', { event: 'e', data: 2 });
  await say(a, 'rt77', 3, { omitSelf: true });
  assert.deepEqual(await heard(a, a, b, c), [[1, 2], [1, 2, 3], [1, 2, 3]]);
  await say(b, 'rt77', 4, { omitSelf: true });
  await ask(b, '/rooms/blast', { event: 'e', data: 5, omitSelf: true });
  assert.deepEqual(await heard(b, a, b, c), [[4, 5], [], [4, 5]]);
});

test('rt_78 a socket of another node joins and leaves by its id, and hears what is sent to its id', async () => {
  await ask(a, '/rooms/join', { id: idOf(b), room: 'rt78' });
  await say(a, 'rt78', 'in');
  await ask(a, '/rooms/leave', { id: idOf(b), room: 'rt78' });
  await say(a, 'rt78', 'out');
  await say(a, idOf(c), 'direct');
  assert.deepEqual(await heard(a, b, c), [['in'], ['direct']]);
});

test('rt_79 members of both nodes are added, removed and stripped together', async () => {
  for (const client of [a, b]) await ask(client, '/chat/join', { room: 'rt79' });
  await ask(a, '/rooms/add-members', { source: 'rt79', dest: ['rt79 x', 'rt79 y'] });
  await say(a, ['rt79 x'], 'x');
  assert.deepEqual(await heard(a, a, b, c), [['x'], ['x'], []]);
  await ask(a, '/rooms/remove-members', { source: 'rt79', dest: 'rt79 x' });
  await say(a, ['rt79 x'], 'gone');
  await say(a, ['rt79 y'], 'y');
  assert.deepEqual(await heard(a, a, b, c), [['y'], ['y'], []]);
  await ask(a, '/rooms/leave-all', { room: 'rt79' });
  await say(a, ['rt79', 'rt79 y'], 'nobody');
  await say(a, idOf(b), 'direct');
  assert.deepEqual(await heard(a, a, b, c), [[], ['direct'], []]);
});

test('rt_80 the handle of a socket is on its own node only', async () => {
  assert.equal((await ask(a, '/e2e/get', { id: idOf(b) })).code, 'SAILS:HOOK:SOCKETS:NO_SUCH_SOCKET');
  assert.equal((await ask(b, '/e2e/get', { id: idOf(b) })).connected, true);
});

test('a record that is written on one node is followed on the other, by watchers as well', async () => {
  await ask(b, '/order');
  const order = (await a.post('/order', { status: 'open' })).body;
  assert.deepEqual(await heard(a, a, b), [[], [{ verb: 'created', data: order, id: order.id }]]);
  await ask(a, '/pubsub/publish', { model: 'order', ids: [order.id], data: 'followed' });
  assert.deepEqual(await heard(a, b), [['followed']]);
});

test('a session is one on both nodes', async (t) => {
  const { cookie } = await http(nodes[0], 'GET', '/session/count');
  const there = await v4(t, nodes[1].base, { extraHeaders: { cookie } });
  assert.equal((await there.get('/session/count')).body.count, 2);
  assert.equal((await http(nodes[0], 'GET', '/session/count', { cookie })).body.count, 3);
});

test('rt_82 a node that is killed takes its own sockets with it, and its clients go on at another', async (t) => {
  const own = await ours(t, nodes[1].base, { reconnectionDelay: 20, reconnectionDelayMax: 50 });
  own.inbox = own.listen('e', 'mark');
  const lost = Promise.all([own, b].map(({ socket }) => new Promise((done) => socket.on('disconnect', done))));
  await nodes[1].stop('SIGKILL');
  await within(lost, 'the clients of the killed node know');
  await ask(a, '/chat/join', { room: 'rt82' });
  await ask(a, '/rooms/add-members', { source: 'rt82', dest: 'rt82 too' });
  await say(a, 'rt82 too', 'still here');
  assert.deepEqual(await heard(a, a), [['still here']]);
  own.socket.disconnect();
  own.socket.url = nodes[0].base;
  own.socket.reconnect();
  await settled(own);
  await ask(own, '/chat/join', { room: 'rt82' });
  await say(a, 'rt82', 'both');
  assert.deepEqual(await heard(a, a, own), [['both'], ['both']]);
});
