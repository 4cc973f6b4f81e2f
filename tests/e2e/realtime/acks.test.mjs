// What the configuration changes about acks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { http, lifted, sdk, settled, v4 } from './support.mjs';

const withoutStatus = lifted({ flags: ['--no-sockets.send_status_code'] });
const withoutHeaders = lifted({ flags: ['--no-sockets.send_response_headers'] });
const production = lifted({ flags: ['--prod'] });
const guarded = lifted({ flags: ['--security.csrf'] });

test('rt_25 production says nothing of the inside', async (t) => {
  const client = await v4(t, production.base);
  for (const url of ['/e2e/broken', '/test/panic']) {
    const { statusCode, body } = await client.get(url);
    assert.deepEqual([statusCode, body], [500, 'Internal Server Error']);
  }
});

test('rt_36 without sendStatusCode there is no status, and sails.io.js reports 200', async (t) => {
  const client = await v4(t, withoutStatus.base);
  assert.deepEqual(await client.get('/no/such/path'), { body: 'Not Found', headers: {} });
  assert.equal((await (await sdk(t, withoutStatus.base)).get('/no/such/path')).statusCode, 200);
});

test('rt_37 without sendResponseHeaders there are no headers, and the server goes on', async (t) => {
  const client = await v4(t, withoutHeaders.base);
  assert.deepEqual(await client.get('/e2e/header'), { body: { header: true }, statusCode: 200 });
  assert.deepEqual(await client.get('/e2e/away'), { body: 'Found. Redirecting to /e2e/text', statusCode: 302 });
  assert.deepEqual((await (await sdk(t, withoutHeaders.base)).get('/e2e/header')).headers, {});
});

test('rt_40 a token against forgery is granted over HTTP and spent over sockets', async (t) => {
  const granted = await http(guarded, 'GET', '/csrfToken');
  const token = granted.body._csrf;
  const client = await v4(t, guarded.base, { extraHeaders: { cookie: granted.cookie } });
  const ask = (headers) => new Promise((done) => client.socket.emit('post', { url: '/echo', headers }, done));
  for (const headers of [undefined, { 'x-csrf-token': 'made up' }]) {
    const refused = await ask(headers);
    assert.deepEqual([refused.statusCode, refused.body], [403, 'Forbidden']);
  }
  assert.equal((await ask({ 'x-csrf-token': token })).statusCode, 200);
  assert.equal((await client.get('/csrfToken')).statusCode, 400);
  await settled(client);
});
