// The session of a socket: shared with HTTP, its own, or none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emit, http, lifted, ours, sdk, v2, v4 } from './support.mjs';

const server = lifted();
const without = lifted({ flags: ['--no-sockets.grant3rd_party_cookie'] });

async function browser() {
  const { cookie, body } = await http(server, 'GET', '/session/count');
  assert.equal(body.count, 1);
  return cookie;
}

const carrying = {
  'sails.io.js 1.2.1': (t, cookie) => sdk(t, server.base, { initialConnectionHeaders: { cookie } }),
  'socket.io-client 2': (t, cookie) => v2(t, server.base, { extraHeaders: { cookie } }),
  'socket.io-client 4': (t, cookie) => v4(t, server.base, { extraHeaders: { cookie } }),
};

const count = async (client) => (await client.get('/session/count')).body.count;

test('rt_31 a cookie in a request does not replace the one of the handshake', async (t) => {
  const [mine, foreign] = [await browser(), await browser()];
  const client = await v4(t, server.base, { extraHeaders: { cookie: mine } });
  for (const name of ['cookie', 'Cookie', 'COOKIE']) {
    const { body } = await emit(client, 'get', { url: '/e2e/seen', headers: { [name]: foreign } });
    assert.equal(body.headers.cookie, mine);
  }
  assert.equal((await emit(client, 'get', { url: '/session/count', headers: { cookie: foreign } })).body.count, 2);
  assert.equal((await http(server, 'GET', '/session/count', { cookie: foreign })).body.count, 2);
});

test('rt_32 an origin in a request never changes the one of the handshake', async (t) => {
  const page = await v4(t, server.base, { extraHeaders: { origin: 'http://page.example' } });
  const none = await v4(t, server.base);
  for (const name of ['origin', 'Origin', 'ORIGIN']) {
    const message = { url: '/e2e/seen', headers: { [name]: 'http://evil.example' } };
    assert.equal((await emit(page, 'get', message)).body.headers.origin, 'http://page.example');
    assert.equal((await emit(none, 'get', message)).body.headers.origin, undefined);
  }
});

for (const [kind, connect] of Object.entries(carrying)) {
  test(`rt_42 a socket shares the session of its cookie with HTTP, both ways: ${kind}`, async (t) => {
    const cookie = await browser();
    const client = await connect(t, cookie);
    assert.equal(await count(client), 2);
    assert.equal((await http(server, 'GET', '/session/count', { cookie })).body.count, 3);
    assert.equal(await count(client), 4);
  });
}

test('rt_43 a socket without a cookie has one session, and no other socket has it', async (t) => {
  for (const connect of [sdk, v2, v4, ours]) {
    const [one, two] = [await connect(t, server.base), await connect(t, server.base)];
    assert.deepEqual([await count(one), await count(one), await count(two), await count(one)], [1, 2, 1, 3]);
  }
});

test('rt_44 two sockets with one cookie share a session', async (t) => {
  const cookie = await browser();
  const [one, two] = [await carrying['sails.io.js 1.2.1'](t, cookie), await carrying['socket.io-client 4'](t, cookie)];
  assert.deepEqual([await count(one), await count(two), await count(one)], [2, 3, 4]);
});

test('rt_45 the header nosession of a handshake means that no request has a session', async (t) => {
  const cookie = await browser();
  const client = await sdk(t, server.base, { initialConnectionHeaders: { cookie, nosession: 'true' } });
  for (let n = 0; n < 2; n += 1) {
    const { body } = await client.get('/session/get');
    assert.deepEqual(body, { hasSession: false, data: {} });
  }
});

test('rt_46 nosession in the query means the same', async (t) => {
  const cookie = await browser();
  const client = await sdk(t, server.base, { initialConnectionHeaders: { cookie }, query: 'nosession=true' });
  assert.equal((await client.get('/session/get')).body.hasSession, false);
  assert.equal((await client.get('/session/get')).body.hasSession, false);
});

test('rt_47 a forged cookie connects and gets one session for the connection', async (t) => {
  const cookie = await browser();
  for (const forged of [`${cookie}x`, 'sails.sid=s%3Aforged.signature', 'sails.sid=', 'other=1']) {
    const client = await v4(t, server.base, { extraHeaders: { cookie: forged } });
    assert.deepEqual([await count(client), await count(client)], [1, 2], forged);
  }
});

test('rt_48 the cookie route is a script that sets the session cookie, unless it is switched off', async () => {
  const granted = await http(server, 'GET', '/__getcookie');
  assert.deepEqual([granted.status, granted.text], [200, '_sailsIoJSConnect();']);
  assert.match(granted.headers.get('content-type'), /^application\/javascript/);
  assert.match(granted.cookie, /^sails\.sid=/);
  assert.equal((await http(server, 'POST', '/__getcookie')).status, 404);
  assert.equal((await http(without, 'GET', '/__getcookie')).status, 404);
});
