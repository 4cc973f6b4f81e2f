// What the configuration of blueprints changes about who hears what.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lifted, sdk, settled, v4 } from './support.mjs';

const unwatched = lifted({ flags: ['--no-blueprints.auto_watch'] });
const mirrored = lifted({ flags: ['--blueprints.mirror'] });

test('rt_91 without autoWatch find follows the rows and never hears of new ones', async (t) => {
  const [a, b] = [await v4(t, unwatched.base), await sdk(t, unwatched.base)];
  const first = (await a.post('/order', { status: 'first' })).body;
  const seen = b.listen('order').events;
  assert.equal((await b.get('/order')).body.length, 1);
  await a.post('/order', { status: 'second' });
  await a.patch(`/order/${first.id}`, { status: 'third' });
  await settled(b);
  assert.deepEqual(seen.map(({ data }) => [data.verb, data.id]), [['updated', first.id]]);
});

test('rt_104 with mirror the one who acts hears it too, reverse notices included', async (t) => {
  const a = await v4(t, mirrored.base);
  const seen = a.listen('user', 'pet').events;
  const heard = async () => {
    await settled(a);
    return seen.splice(0).map(({ name, data }) => [name, data.verb, data.id]);
  };
  await a.get('/user');
  await a.get('/pet');
  const user = (await a.post('/user', { name: 'ann', email: 'ann@example.com' })).body;
  assert.deepEqual(await heard(), [['user', 'created', user.id]]);
  const pet = (await a.post('/pet', { name: 'Rex', species: 'dog' })).body;
  assert.deepEqual(await heard(), [['pet', 'created', pet.id]]);
  await a.patch(`/user/${user.id}`, { name: 'anna' });
  assert.deepEqual(await heard(), [['user', 'updated', user.id]]);
  await a.put(`/user/${user.id}/pets/${pet.id}`);
  assert.deepEqual(await heard(), [['user', 'addedTo', user.id], ['pet', 'updated', pet.id]]);
  await a.delete(`/user/${user.id}/pets/${pet.id}`);
  assert.deepEqual(await heard(), [['user', 'removedFrom', user.id], ['pet', 'updated', pet.id]]);
  await a.delete(`/user/${user.id}`);
  assert.deepEqual(await heard(), [['user', 'destroyed', user.id]]);
});
