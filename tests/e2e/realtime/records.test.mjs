// The events of models: A acts, B watches, C is somewhere else.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { http, idOf, lifted, ours, sdk, settled, v2, v4 } from './support.mjs';

const server = lifted();
const MODELS = ['user', 'pet', 'group', 'tag', 'basket', 'order'];

beforeEach(async () => assert.equal((await http(server, 'GET', '/test/reset')).status, 200));

async function made(model, body) {
  const answer = await http(server, 'POST', `/${model}`, { body });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

let people = 0;
const person = (more = {}) => made('user', { name: `p${(people += 1)}`, email: `p${people}@example.com`, ...more });
const pet = (more = {}) => made('pet', { name: 'Rex', species: 'dog', ...more });

async function done(client, method, url, data) {
  const answer = await client.request(method, url, data);
  assert.equal(answer.statusCode, 200, JSON.stringify(answer));
  return answer.body;
}

// A client that hears all models; `heard()` gives what came since it was last asked.
async function hearing(t, connect = v4) {
  const client = await connect(t, server.base);
  const { events } = client.listen(...MODELS);
  client.heard = async () => {
    await settled(client);
    return events.splice(0).map(({ name, data }) => [name, data]);
  };
  return client;
}

async function watching(t, ...models) {
  const client = await hearing(t, sdk);
  for (const model of models) await done(client, 'get', `/${model}`);
  await client.heard();
  return client;
}

const rooms = async (client) => (await client.get('/rooms/mine')).body.rooms;
const addedTo = (id, attribute, addedId) => ({ id, verb: 'addedTo', attribute, addedId });
const removedFrom = (id, attribute, removedId) => ({ id, verb: 'removedFrom', attribute, removedId });
const reverse = (id, data) => ({ verb: 'updated', data, id });

test('rt_83 publish sends the data as it is, once for each record', async (t) => {
  const [a, b, c] = [await hearing(t), await hearing(t, sdk), await hearing(t, v2)];
  await done(b, 'get', '/pubsub/subscribe', { model: 'user', ids: [1, 2] });
  await done(a, 'get', '/pubsub/publish', { model: 'user', ids: [1, 2], data: { x: 1 } });
  assert.deepEqual(await b.heard(), [['user', { x: 1 }], ['user', { x: 1 }]]);
  assert.deepEqual(await c.heard(), []);
});

test('rt_84 who is subscribed hears a publication, who is no longer does not', async (t) => {
  const [a, b] = [await hearing(t), await hearing(t, sdk)];
  await done(b, 'get', '/pubsub/subscribe', { model: 'user', ids: [1] });
  await http(server, 'POST', '/pubsub/publish', { body: { model: 'user', ids: [1], data: 'one' } });
  assert.deepEqual(await b.heard(), [['user', 'one']]);
  await done(b, 'get', '/pubsub/unsubscribe', { model: 'user', ids: [1] });
  await done(a, 'get', '/pubsub/publish', { model: 'user', ids: [1], data: 'two' });
  assert.deepEqual(await b.heard(), []);
});

test('rt_85 joining the room of a record is subscribing to it', async (t) => {
  const [a, b] = [await hearing(t), await hearing(t)];
  const { room } = await done(a, 'get', '/pubsub/room-name', { model: 'user', id: 5 });
  assert.equal(room, 'sails_model_user_5:user');
  await done(b, 'get', '/chat/join', { room });
  await done(a, 'get', '/pubsub/publish', { model: 'user', ids: [5], data: { x: 1 } });
  assert.deepEqual(await b.heard(), [['user', { x: 1 }]]);
  const { id } = await person();
  await done(b, 'get', '/chat/join', { room: `sails_model_user_${id}:user` });
  await http(server, 'PATCH', `/user/${id}`, { body: { name: 'new' } });
  assert.deepEqual((await b.heard()).map(([, { verb }]) => verb), ['updated']);
});

test('rt_86 a watcher hears of a new record with what it is associated with, its author does not', async (t) => {
  for (const connect of [sdk, v2, v4, ours]) {
    const [a, b] = [await hearing(t), await hearing(t, connect)];
    await done(b, 'get', '/user');
    const user = await done(a, 'post', '/user', { name: 'ann', email: `${(people += 1)}@example.com` });
    assert.deepEqual([user.pets, user.groups], [[], []]);
    assert.deepEqual(await b.heard(), [['user', { verb: 'created', data: user, id: user.id }]]);
    assert.deepEqual(await a.heard(), []);
  }
});

test('rt_87 a watcher follows the new record without asking again', async (t) => {
  const [a, b] = [await hearing(t), await watching(t, 'user')];
  const { id } = await done(a, 'post', '/user', { name: 'ann', email: 'ann@example.com' });
  await b.heard();
  await done(a, 'patch', `/user/${id}`, { name: 'anna' });
  await http(server, 'PATCH', `/user/${id}`, { body: { name: 'anne' } });
  const heard = await b.heard();
  assert.deepEqual(heard.map(([, event]) => [event.verb, event.data.name]), [['updated', 'anna'], ['updated', 'anne']]);
});

test('rt_88 a write over HTTP leaves out nobody', async (t) => {
  const watchers = [await watching(t, 'user'), await watching(t, 'user')];
  const user = await person();
  for (const b of watchers) assert.deepEqual(await b.heard(), [['user', { verb: 'created', data: user, id: user.id }]]);
});

test('rt_89 who asked for one record follows it, and watches only the models that it is associated with', async (t) => {
  const { id } = await person();
  const c = await hearing(t);
  await done(c, 'get', `/user/${id}`);
  await person();
  assert.deepEqual(await c.heard(), []);
  await pet();
  await made('group', { title: 'red' });
  assert.deepEqual((await c.heard()).map(([name, { verb }]) => [name, verb]), [['pet', 'created'], ['group', 'created']]);
  await http(server, 'PATCH', `/user/${id}`, { body: { name: 'x' } });
  await http(server, 'DELETE', `/user/${id}`);
  assert.deepEqual((await c.heard()).map(([name, { verb }]) => [name, verb]), [['user', 'updated'], ['user', 'destroyed']]);
});

test('rt_90 who asked for an empty table is a watcher all the same', async (t) => {
  const b = await hearing(t);
  assert.deepEqual(await done(b, 'get', '/user'), []);
  const user = await person();
  assert.deepEqual((await b.heard()).map(([, event]) => [event.verb, event.id]), [['created', user.id]]);
});

test('rt_92 a route of the app that leads to find follows the rows and watches nothing', async (t) => {
  const { id } = await person();
  const b = await hearing(t);
  assert.equal((await done(b, 'get', '/r/people')).length, 1);
  assert.deepEqual(await rooms(b), [`sails_model_user_${id}:user`]);
  await person();
  assert.deepEqual(await b.heard(), []);
  await http(server, 'PATCH', `/user/${id}`, { body: { name: 'x' } });
  assert.deepEqual((await b.heard()).map(([, { verb }]) => verb), ['updated']);
});

test('rt_93 updated has verb, data, id and previous, and data has the key and the time', async (t) => {
  const user = await person({ name: 'ann' });
  const b = await watching(t, 'user');
  const { body } = await http(server, 'PATCH', `/user/${user.id}`, { body: { name: 'anna' } });
  const [[name, event]] = await b.heard();
  assert.equal(name, 'user');
  assert.deepEqual(Object.keys(event), ['verb', 'data', 'id', 'previous']);
  assert.deepEqual(event.data, { name: 'anna', id: user.id, updatedAt: body.updatedAt });
  assert.deepEqual(event.previous, user);
  assert.equal(event.previous.name, 'ann');
});

test('rt_94 a new owner: removedFrom the former, addedTo the new, updated of the pet', async (t) => {
  const [one, two] = [await person(), await person()];
  const rex = await pet({ owner: one.id });
  const b = await watching(t, 'user', 'pet');
  const { updatedAt } = (await http(server, 'PATCH', `/pet/${rex.id}`, { body: { owner: two.id } })).body;
  const heard = await b.heard();
  assert.deepEqual(heard.slice(0, 2), [
    ['user', removedFrom(one.id, 'pets', rex.id)],
    ['user', addedTo(two.id, 'pets', rex.id)],
  ]);
  const [name, { verb, data, previous }] = heard[2];
  assert.deepEqual([name, verb, data, heard.length], ['pet', 'updated', { owner: two.id, id: rex.id, updatedAt }, 3]);
  assert.equal(previous.owner.id, one.id);
});

test('rt_95 a pet that is made with an owner: addedTo before created', async (t) => {
  const one = await person();
  const b = await watching(t, 'user', 'pet');
  const rex = await pet({ owner: one.id });
  assert.deepEqual(await b.heard(), [
    ['user', addedTo(one.id, 'pets', rex.id)],
    ['pet', { verb: 'created', data: rex, id: rex.id }],
  ]);
});

test('rt_96 a person who is made with pets: updated of the pets, created, removedFrom the former owner', async (t) => {
  const one = await person();
  const [rex, tom] = [await pet({ owner: one.id }), await pet()];
  const b = await watching(t, 'user', 'pet');
  const two = await person({ pets: [rex.id, tom.id] });
  assert.deepEqual(await b.heard(), [
    ['pet', reverse(rex.id, { owner: two.id })],
    ['pet', reverse(tom.id, { owner: two.id })],
    ['user', { verb: 'created', data: two, id: two.id }],
    ['user', removedFrom(one.id, 'pets', rex.id)],
  ]);
});

test('rt_97 add: addedTo, updated of the pet, removedFrom the former owner; A follows both', async (t) => {
  const [one, two] = [await person(), await person()];
  const rex = await pet({ owner: one.id });
  const [a, b] = [await hearing(t), await watching(t, 'user', 'pet')];
  await done(a, 'put', `/user/${two.id}/pets/${rex.id}`);
  assert.deepEqual(await b.heard(), [
    ['user', addedTo(two.id, 'pets', rex.id)],
    ['pet', reverse(rex.id, { owner: two.id })],
    ['user', removedFrom(one.id, 'pets', rex.id)],
  ]);
  assert.deepEqual(await a.heard(), []);
  assert.deepEqual(await rooms(a), [`sails_model_pet_${rex.id}:pet`, `sails_model_user_${two.id}:user`]);
  await done(a, 'put', `/user/${two.id}/pets/${rex.id}`);
  assert.deepEqual(await b.heard(), [], 'it was there already');
});

test('rt_98 remove: removedFrom, updated of the pet; A follows nothing', async (t) => {
  const one = await person();
  const rex = await pet({ owner: one.id });
  const [a, b] = [await hearing(t), await watching(t, 'user', 'pet')];
  await done(a, 'delete', `/user/${one.id}/pets/${rex.id}`);
  assert.deepEqual(await b.heard(), [
    ['user', removedFrom(one.id, 'pets', rex.id)],
    ['pet', reverse(rex.id, { owner: null })],
  ]);
  assert.deepEqual(await rooms(a), []);
  await done(a, 'delete', `/user/${one.id}/pets/${rex.id}`);
  assert.deepEqual(await b.heard(), [], 'it was gone already');
});

test('rt_99 replace tells of new, stolen and dropped children, not of those that stay', async (t) => {
  const [one, two] = [await person(), await person()];
  const [dropped, kept] = [await pet({ owner: one.id }), await pet({ owner: one.id })];
  const stolen = await pet({ owner: two.id });
  const [a, b] = [await hearing(t), await watching(t, 'user', 'pet')];
  await done(a, 'put', `/user/${one.id}/pets`, [kept.id, stolen.id]);
  assert.deepEqual(await b.heard(), [
    ['user', addedTo(one.id, 'pets', stolen.id)],
    ['pet', reverse(stolen.id, { owner: one.id })],
    ['user', removedFrom(two.id, 'pets', stolen.id)],
    ['user', removedFrom(one.id, 'pets', dropped.id)],
    ['pet', reverse(dropped.id, { owner: null })],
  ]);
  await done(a, 'put', `/user/${one.id}/pets`, [String(kept.id), stolen.id]);
  assert.deepEqual(await b.heard(), [], 'the same set, whatever the type of its ids');
});

test('rt_100 many-to-many tells both sides, a collection without via the parent alone', async (t) => {
  const one = await person();
  const red = await made('group', { title: 'red' });
  const tag = await made('tag', { slug: 'rust' });
  const b = await watching(t, 'user', 'group', 'tag', 'basket');
  await http(server, 'PUT', `/user/${one.id}/groups/${red.id}`);
  assert.deepEqual(await b.heard(), [
    ['user', addedTo(one.id, 'groups', red.id)],
    ['group', addedTo(red.id, 'members', one.id)],
  ]);
  await http(server, 'DELETE', `/group/${red.id}/members/${one.id}`);
  assert.deepEqual(await b.heard(), [
    ['group', removedFrom(red.id, 'members', one.id)],
    ['user', removedFrom(one.id, 'groups', red.id)],
  ]);
  const { id } = await made('basket', {});
  await b.heard();
  assert.equal((await http(server, 'PUT', `/basket/${id}/tags/${tag.slug}`)).status, 200);
  assert.equal((await http(server, 'DELETE', `/basket/${id}/tags/${tag.slug}`)).status, 200);
  assert.deepEqual(await b.heard(), [['basket', addedTo(id, 'tags', 'rust')], ['basket', removedFrom(id, 'tags', 'rust')]]);
});

test('rt_101 destroyed comes first, then the records that were associated; nobody follows the dead', async (t) => {
  const one = await person({ name: 'ann' });
  const rex = await pet({ owner: one.id });
  const red = await made('group', { title: 'red', members: [one.id] });
  const [a, b, c] = [await hearing(t), await watching(t, 'user', 'pet', 'group'), await hearing(t)];
  await done(c, 'get', `/user/${one.id}`);
  await done(a, 'delete', `/user/${one.id}`);
  const heard = await b.heard();
  const [name, { verb, id, previous }] = heard[0];
  assert.deepEqual([name, verb, id, previous.name], ['user', 'destroyed', one.id, 'ann']);
  assert.deepEqual(previous.pets.map((p) => p.id), [rex.id]);
  assert.deepEqual(heard.slice(1), [
    ['pet', reverse(rex.id, { owner: null })],
    ['group', removedFrom(red.id, 'members', one.id)],
  ]);
  await c.heard();
  await done(a, 'get', '/pubsub/publish', { model: 'user', ids: [one.id], data: 'ghost' });
  assert.deepEqual([await b.heard(), await c.heard()], [[], []]);
});

test('rt_102 the key is called id in events, whatever the name of its attribute', async (t) => {
  const b = await watching(t, 'tag');
  const tag = await made('tag', { slug: 'rust', label: 'Rust' });
  await http(server, 'PATCH', '/tag/rust', { body: { label: 'R' } });
  const heard = await b.heard();
  assert.deepEqual(heard[0], ['tag', { verb: 'created', data: tag, id: 'rust' }]);
  assert.deepEqual([heard[1][1].verb, heard[1][1].id, heard[1][1].data.slug], ['updated', 'rust', 'rust']);
});

test('rt_103 requests that fail tell nothing and follow nothing', async (t) => {
  const one = await person();
  const [a, b] = [await hearing(t), await watching(t, 'user', 'pet')];
  for (const [status, method, url, data] of [
    [400, 'post', '/user', {}],
    [400, 'patch', `/user/${one.id}`, { email: 'no address' }],
    [404, 'patch', '/user/999999', { name: 'x' }],
    [404, 'delete', '/user/999999'],
    [404, 'put', '/user/999999/pets/1'],
    [404, 'get', '/user/999999'],
  ]) {
    assert.equal((await a.request(method, url, data)).statusCode, status, `${method} ${url}`);
  }
  assert.deepEqual(await b.heard(), []);
  assert.deepEqual(await rooms(a), []);
});

test('rt_105 a route with mirror tells the one who asks as well', async (t) => {
  const one = await person();
  const a = await hearing(t);
  await done(a, 'patch', `/r/mirrored/${one.id}`, { name: 'x' });
  assert.deepEqual((await a.heard()).map(([, { verb }]) => verb), ['updated']);
  await done(a, 'patch', `/user/${one.id}`, { name: 'y' });
  assert.deepEqual(await a.heard(), []);
});

test('rt_106 the former publish_create tells watchers, who follow the record, and message its followers', async (t) => {
  const order = await made('order', { status: 'open' });
  const [a, b, c] = [await hearing(t), await watching(t, 'order'), await hearing(t, v2)];
  await done(a, 'get', '/order');
  await done(b, 'get', '/pubsub/unsubscribe', { model: 'order', ids: [order.id] });
  await done(a, 'get', '/e2e/told', { id: order.id });
  assert.deepEqual(await b.heard(), [['order', { verb: 'created', data: order, id: order.id }]]);
  await done(a, 'get', '/e2e/told', { id: order.id, data: { a: 1 } });
  assert.deepEqual(await b.heard(), [['order', { verb: 'messaged', id: order.id, data: { a: 1 } }]]);
  assert.deepEqual([await a.heard(), await c.heard()], [[], []]);
});

const announced = (client, about) => done(client, 'get', '/e2e/announced', about);

test('rt_106 the former publish_create, publish_update and publish_destroy tell the followers and the other side', async (t) => {
  const [one, two] = [await person(), await person()];
  const rex = await pet({ owner: one.id });
  const [a, b] = [await hearing(t, v2), await watching(t, 'user', 'pet')];
  await announced(a, { verb: 'created', id: rex.id });
  const [owner, created, ...rest] = await b.heard();
  assert.deepEqual([owner, rest], [['user', addedTo(one.id, 'pets', rex.id)], []]);
  assert.deepEqual([created[0], created[1].verb, created[1].id, created[1].data.name], ['pet', 'created', rex.id, 'Rex']);

  await announced(a, { verb: 'updated', id: rex.id, data: { name: 'Max' } });
  assert.deepEqual(await b.heard(), [['pet', { verb: 'updated', data: { name: 'Max' }, id: rex.id }]]);
  const moved = { verb: 'updated', id: rex.id, data: { owner: two.id }, previous: { owner: one.id } };
  const own = ['pet', { verb: 'updated', data: { owner: two.id }, id: rex.id, previous: { owner: one.id } }];
  await announced(a, moved);
  const both = [['user', removedFrom(one.id, 'pets', rex.id)], ['user', addedTo(two.id, 'pets', rex.id)]];
  assert.deepEqual(await b.heard(), [...both, own]);
  await announced(a, { ...moved, noReverse: true });
  assert.deepEqual(await b.heard(), [own]);

  const previous = { id: one.id, name: 'ann', pets: [{ id: rex.id }] };
  await announced(a, { verb: 'destroyed', id: one.id, previous });
  assert.deepEqual(await b.heard(), [
    ['user', { verb: 'destroyed', id: one.id, previous }],
    ['pet', reverse(rex.id, { owner: null })],
  ]);
  await announced(a, { verb: 'destroyed', id: one.id });
  assert.deepEqual(await b.heard(), [], 'nobody follows it any more');
  assert.deepEqual(await a.heard(), []);
});

test('rt_106 the former publish_add and publish_remove tell both sides, once for each member', async (t) => {
  const one = await person();
  const [rex, tom] = [await pet(), await pet()];
  const [a, b] = [await hearing(t), await watching(t, 'user', 'pet')];
  await announced(a, { verb: 'addedTo', id: one.id, members: [rex.id, tom.id] });
  assert.deepEqual(await b.heard(), [
    ['user', addedTo(one.id, 'pets', rex.id)],
    ['pet', reverse(rex.id, { owner: one.id })],
    ['user', addedTo(one.id, 'pets', tom.id)],
    ['pet', reverse(tom.id, { owner: one.id })],
  ]);
  await announced(a, { verb: 'removedFrom', id: one.id, members: [rex.id] });
  assert.deepEqual(await b.heard(), [['user', removedFrom(one.id, 'pets', rex.id)], ['pet', reverse(rex.id, { owner: null })]]);
  await announced(a, { verb: 'removedFrom', id: one.id, members: [tom.id], noReverse: true });
  assert.deepEqual(await b.heard(), [['user', removedFrom(one.id, 'pets', tom.id)]]);
  assert.deepEqual(await a.heard(), []);
});

test('the former subscribers, watchers, introduce and retire see and change who follows a record', async (t) => {
  const [a, b] = [await hearing(t), await watching(t, 'user')];
  const { room, ...before } = await done(a, 'get', '/e2e/followers', { id: 77 });
  assert.equal(room, 'sails_model_create_user');
  assert.deepEqual([before.subscribers, before.watchers], [[], [idOf(b)]]);
  assert.ok(before.rooms.includes(room) && before.rooms.includes(idOf(a)) && !before.rooms.includes(''));
  const introduced = await done(a, 'get', '/e2e/followers', { id: 77, do: 'introduce' });
  assert.deepEqual(introduced.subscribers, [idOf(b)]);
  await done(a, 'get', '/pubsub/publish', { model: 'user', ids: [77], data: 'hi' });
  assert.deepEqual(await b.heard(), [['user', 'hi']]);
  assert.deepEqual((await done(a, 'get', '/e2e/followers', { id: 77, do: 'retire' })).subscribers, []);
  await done(a, 'get', '/pubsub/publish', { model: 'user', ids: [77], data: 'bye' });
  assert.deepEqual(await b.heard(), []);
});
