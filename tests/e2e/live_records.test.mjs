// A record changes in one client and the others see it: the promise of the framework, with three kinds of client.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kinds } from './clients.mjs';
import { start } from './server.mjs';

let server;
before(async () => (server = await start()));
after(() => server.stop());

for (const [kind, connect] of Object.entries(kinds)) {
  describe(kind, () => {
    test('a watcher sees created, updated with previous, and destroyed; the author sees nothing of its own', async () => {
      const a = await connect(server.base);
      const b = await connect(server.base);
      try {
        const seenByA = a.listen('order');
        const seenByB = b.listen('order');
        const found = await a.get('/order');
        assert.equal(found.statusCode, 200);
        assert.ok(Array.isArray(found.body));

        const created = (await b.post('/order', { status: 'open', total: 3 })).body;
        assert.equal(typeof created.id, 'number');
        const updated = (await b.patch(`/order/${created.id}`, { status: 'paid' })).body;
        assert.equal(updated.status, 'paid');
        const destroyed = (await b.delete(`/order/${created.id}`)).body;
        assert.equal(destroyed.id, created.id);

        const [first, second, third] = await seenByA.until(3);
        assert.deepEqual(first.data, { verb: 'created', data: created, id: created.id });
        assert.deepEqual(second.data, {
          verb: 'updated',
          data: { id: created.id, status: 'paid', updatedAt: updated.updatedAt },
          id: created.id,
          previous: created,
        });
        assert.deepEqual(third.data, { verb: 'destroyed', id: created.id, previous: updated });

        // Every event of B's own writes would have come before this answer.
        await b.get('/test/ping');
        assert.deepEqual(seenByB.events, []);
        assert.equal(seenByA.events.length, 3);
      } finally {
        a.close();
        b.close();
      }
    });

    test("the manual's say/hello joins the room and greets everyone in it, the asker included", async () => {
      const a = await connect(server.base);
      const b = await connect(server.base);
      try {
        const seenByA = a.listen('hello');
        assert.equal((await a.get('/say/hello')).statusCode, 200);
        await seenByA.until(1);
        const seenByB = b.listen('hello');
        assert.equal((await b.get('/say/hello')).statusCode, 200);
        const toA = await seenByA.until(2);
        const toB = await seenByB.until(1);
        assert.equal(typeof toA[0].data.id, 'string');
        assert.equal(toA[1].data.id, toB[0].data.id);
        assert.notEqual(toA[0].data.id, toB[0].data.id);
      } finally {
        a.close();
        b.close();
      }
    });
  });
}

test('say/hello over HTTP is a bad request', async () => {
  assert.equal((await fetch(`${server.base}/say/hello`)).status, 400);
});

test('a record that is created over HTTP reaches watchers on sockets', async () => {
  const a = await kinds['socket.io-client 4'](server.base);
  try {
    const seen = a.listen('order');
    await a.get('/order');
    const answer = await fetch(`${server.base}/order`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status: 'over http' }),
    });
    const order = await answer.json();
    const [event] = await seen.until(1);
    assert.deepEqual(event.data, { verb: 'created', data: order, id: order.id });
  } finally {
    a.close();
  }
});
