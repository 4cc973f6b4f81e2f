// Virtual requests: what the server makes of them, and what their acks hold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PARSE_ERROR, emit, http, idOf, lifted, ours, sdk, settled, v2, v4, wire, within } from './support.mjs';

const server = lifted();

test('rt_12 each of the seven events reaches the route of its method', async (t) => {
  const client = await v4(t, server.base);
  for (const event of ['get', 'post', 'put', 'delete', 'patch', 'options', 'head']) {
    const { statusCode, body } = await emit(client, event, { url: '/echo' });
    assert.deepEqual([statusCode, body.method], [200, event.toUpperCase()]);
  }
  // `/r/item/7` is bound for two of them.
  const bound = [];
  for (const event of ['get', 'post', 'put', 'delete', 'patch']) {
    const { statusCode } = await emit(client, event, { url: '/r/item/7' });
    if (statusCode === 200) bound.push(event);
  }
  assert.deepEqual(bound, ['get', 'post']);
});

test('rt_13 other events are never acked', async (t) => {
  for (const connect of [v2, v4]) {
    const client = await connect(t, server.base);
    const acks = [];
    for (const event of ['GET', 'foo', 'trace']) client.socket.emit(event, { url: '/test/ping' }, () => acks.push(event));
    await settled(client);
    assert.deepEqual(acks, []);
  }
});

test('rt_14 the method in the message is ignored', async (t) => {
  const client = await v4(t, server.base);
  assert.equal((await emit(client, 'get', { url: '/r/any', method: 'post' })).body.method, 'GET');
});

test('rt_15 params lie under data in the body, and the query of the url is the query', async (t) => {
  const client = await v4(t, server.base);
  const message = { url: '/echo?q=1&a=9', params: { a: 1, b: 2 }, data: { a: 3 } };
  const { body } = await emit(client, 'post', message);
  assert.deepEqual(body.body, { a: 3, b: 2 });
  assert.deepEqual(body.query, { q: '1', a: '9' });
});

test('rt_16 the data of a get is in the body and among the parameters, not in the query', async (t) => {
  const client = await sdk(t, server.base);
  const { body } = await client.get('/echo', { a: 1 });
  assert.deepEqual([body.query, body.body], [{}, { a: 1 }]);
  assert.deepEqual((await client.get('/things/param?key=a', { a: 1 })).body, { value: 1 });
});

test('rt_17 a list stays one for put and becomes an object for get', async (t) => {
  for (const connect of [sdk, v4]) {
    const client = await connect(t, server.base);
    assert.deepEqual((await client.put('/echo', [1, 2, 3])).body.body, [1, 2, 3]);
    assert.deepEqual((await client.get('/echo', [1, 2, 3])).body.body, { 0: 1, 1: 2, 2: 3 });
  }
});

test('rt_18 a virtual request knows that it is one', async (t) => {
  const client = await sdk(t, server.base);
  const { isSocket, protocol, wantsJSON } = (await client.get('/echo')).body;
  assert.deepEqual({ isSocket, protocol, wantsJSON }, { isSocket: true, protocol: 'ws', wantsJSON: true });
  const over = (await http(server, 'GET', '/echo')).body;
  assert.notEqual(over.isSocket, true);
  assert.equal(over.protocol, 'http');
});

test('rt_19 texts and objects are acked as they are, without headers', async (t) => {
  for (const connect of [v2, v4]) {
    const client = await connect(t, server.base);
    assert.deepEqual(await client.get('/e2e/text'), { body: 'plain', headers: {}, statusCode: 200 });
    const object = { a: [1, null, { b: 'x' }] };
    assert.deepEqual(await client.get('/e2e/data', { data: object }), { body: object, headers: {}, statusCode: 200 });
  }
});

test('rt_20 null and 0 are bodies, nothing is none', async (t) => {
  const client = await v4(t, server.base);
  for (const url of ['/e2e/data', '/e2e/json']) {
    assert.deepEqual(await client.get(url, { data: null }), { body: null, headers: {}, statusCode: 200 });
  }
  assert.deepEqual(await client.get('/e2e/data', { data: 0 }), { body: 0, headers: {}, statusCode: 200 });
  assert.deepEqual(await client.get('/e2e/nothing'), { headers: {}, statusCode: 200 });
});

test('rt_21 a text as JSON is encoded twice and says so', async (t) => {
  const client = await v4(t, server.base);
  const headers = { 'content-type': 'application/json' };
  assert.deepEqual(await client.get('/e2e/quoted'), { body: '"abc"', headers, statusCode: 200 });
});

test('rt_22 bytes arrive as bytes', async (t) => {
  for (const connect of [v2, v4, sdk, ours]) {
    const client = await connect(t, server.base);
    const { body } = await client.get('/e2e/bytes');
    assert.ok(Buffer.isBuffer(body) || (connect === ours && body instanceof ArrayBuffer));
    assert.deepEqual([...new Uint8Array(body)], [0, 159, 255]);
  }
});

test('rt_22 bytes of a client arrive as bytes, wherever in its data they are', async (t) => {
  for (const connect of [v2, v4, sdk, ours]) {
    const client = await connect(t, server.base);
    const { body, statusCode } = await client.post('/e2e/reversed', {
      bytes: Buffer.from([1, 2, 3]),
      list: ['text', Buffer.from([8]), Buffer.from([9])],
    });
    assert.equal(statusCode, 200, JSON.stringify(body));
    assert.deepEqual([...new Uint8Array(body)], [3, 2, 1, 8, 9]);
    // What only looks like bytes is none.
    const forged = await client.post('/e2e/reversed', { bytes: { _placeholder: true, num: 0 } });
    assert.equal(forged.statusCode, 400);
  }
});

test('rt_23 a redirect names its target, and sails.io.js takes it for no error', async (t) => {
  const client = await sdk(t, server.base);
  const jwr = await client.get('/e2e/away');
  assert.equal(jwr.statusCode, 302);
  assert.deepEqual([jwr.headers.Location, jwr.headers.location], ['/e2e/text', '/e2e/text']);
  assert.equal(jwr.error, undefined);
});

test('rt_24 an unknown path is a 404, and an error for sails.io.js', async (t) => {
  const client = await sdk(t, server.base);
  const jwr = await client.get('/no/such/path');
  assert.deepEqual([jwr.statusCode, jwr.body], [404, 'Not Found']);
  assert.ok(jwr.error instanceof Error);
});

test('rt_25 an action that fails or panics is a 500', async (t) => {
  const client = await sdk(t, server.base);
  for (const url of ['/e2e/broken', '/test/panic', '/responses/throw-async']) {
    const jwr = await client.get(url);
    assert.equal(jwr.statusCode, 500, url);
    assert.ok(jwr.error instanceof Error);
  }
});

test('rt_27 a request without an ack runs and is not answered', async (t) => {
  for (const protocol of [3, 4]) {
    const w = await wire(t, server, { protocol });
    await w.open();
    const status = `without an ack, ${protocol}`;
    w.tell(`42["post",{"url":"/order","data":{"status":"${status}"}}]`);
    // Requests of one socket run beside each other: asked until the first has run.
    let found = [];
    for (let n = 1; found.length === 0 && n < 200; n += 1) {
      found = (await w.ask(n, `["get",{"url":"/order","data":{"where":{"status":"${status}"}}}]`)).body;
    }
    assert.equal(found.length, 1);
    assert.deepEqual(w.frames.filter((f) => f.startsWith('43')), []);
  }
});

test('rt_27 a client that wants no answer gets none, and its request runs', async (t) => {
  for (const connect of [v2, v4]) {
    const [client, watcher] = [await connect(t, server.base), await sdk(t, server.base)];
    const heard = watcher.listen('order');
    await watcher.get('/order');
    const packets = [];
    client.socket.onevent = ((before) => (packet) => { packets.push(packet); before.call(client.socket, packet); })(client.socket.onevent);
    client.socket.onack = ((before) => (packet) => { packets.push(packet); before.call(client.socket, packet); })(client.socket.onack);
    client.socket.emit('post', { url: '/order', data: { status: 'unanswered' } });
    assert.equal((await heard.until(1))[0].data.data.status, 'unanswered');
    await settled(client);
    assert.equal(packets.length, 1, 'the answer to the ping that settles');
  }
});

test('rt_28 a request that is never answered ends with the connection', async (t) => {
  const client = await sdk(t, server.base);
  const calls = [];
  const ended = new Promise((done) =>
    client.socket.get('/e2e/never', (...args) => {
      calls.push(args);
      done();
    }),
  );
  await settled(client);
  assert.deepEqual(calls, []);
  client.socket.disconnect();
  await within(ended, 'the callback');
  const [body, jwr] = calls[0];
  assert.ok(body instanceof Error);
  assert.equal(jwr.statusCode, 0);
});

test('rt_29 a message without a url is a parse error, told by ack or by event to that socket alone', async (t) => {
  const [client, other] = [await v4(t, server.base), await v4(t, server.base)];
  const elsewhere = other.listen('sails:parseError');
  for (const url of ['', 7, undefined, null]) {
    const answer = await emit(client, 'get', { url });
    assert.equal(answer.code, PARSE_ERROR);
    assert.equal(answer.name, `Error (${PARSE_ERROR}):`);
    assert.equal(answer.status, 400);
    assert.equal(typeof answer.message, 'string');
    assert.equal(typeof answer.details, 'string');
  }
  const seen = client.listen('sails:parseError');
  client.socket.emit('get', { url: 7 });
  const [event] = await seen.until(1);
  assert.equal(event.data.code, PARSE_ERROR);
  assert.equal(event.data.stack, undefined);
  await settled(other);
  assert.deepEqual(elsewhere.events, []);
});

test('rt_30 nothing that a client sends stops the server', async (t) => {
  const bystander = await v4(t, server.base);
  const w = await wire(t, server);
  await w.open();
  w.tell('42["get"]');
  w.tell('42["get",null]');
  assert.equal((await w.ask(0, '["get",5]')).code, PARSE_ERROR);
  w.tell('42["get",{"url":"/test/ping"},"x"]');
  const told = await w.next((f) => f.startsWith('42["sails:parseError"'));
  assert.match(told, new RegExp(PARSE_ERROR));
  const odd = await v4(t, server.base, { query: { __sails_io_sdk_version: 'abc' } });
  assert.equal((await emit(odd, 'get', { url: '/test/ping' })).code, PARSE_ERROR);
  assert.deepEqual(await bystander.get('/e2e/nothing'), { headers: {}, statusCode: 200 });
  await settled(bystander);
});

test('rt_33 headers of a request are read in any case, and values are texts', async (t) => {
  const client = await v4(t, server.base);
  const headers = { 'X-Custom': 5, 'x-flag': true, 'X-Nothing': null };
  const { body } = await emit(client, 'get', { url: '/e2e/seen', headers });
  assert.deepEqual(body.custom, ['5', '5', '5']);
  assert.equal(body.headers['x-flag'], 'true');
});

test('rt_34 cookies that an answer sets never reach the client', async (t) => {
  for (const connect of [sdk, v4]) {
    const client = await connect(t, server.base);
    for (const url of ['/e2e/header', '/cookies/set', '/session/count']) {
      const jwr = await client.get(url);
      assert.equal(jwr.statusCode, 200);
      assert.deepEqual(Object.keys(jwr.headers).filter((name) => name.toLowerCase() === 'set-cookie'), []);
    }
  }
});

test('rt_35 headers that an answer sets are seen', async (t) => {
  const client = await sdk(t, server.base);
  assert.equal((await client.get('/e2e/header')).headers['x-my'], 'seen');
});

test('rt_38 a slow request does not delay a later one', async (t) => {
  const client = await sdk(t, server.base);
  const order = [];
  const slow = client.get('/responses/slow', { ms: 300, tag: 'slow' }).then(() => order.push('slow'));
  const fast = client.get('/test/ping').then(() => order.push('fast'));
  await Promise.all([slow, fast]);
  assert.deepEqual(order, ['fast', 'slow']);
});

test('rt_39 static files are there over HTTP and not over sockets', async (t) => {
  const client = await sdk(t, server.base);
  assert.equal((await http(server, 'GET', '/robots.txt')).status, 200);
  assert.equal((await client.get('/robots.txt')).statusCode, 404);
});

test('rt_72 the id is that of the client, and over HTTP there is none', async (t) => {
  for (const connect of [sdk, v2, v4]) {
    const client = await connect(t, server.base);
    assert.equal((await client.get('/rooms/get-id')).body.id, idOf(client));
  }
  assert.equal((await http(server, 'GET', '/rooms/get-id')).body.id, null);
});
