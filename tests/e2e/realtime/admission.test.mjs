// Who may connect, what is done when somebody is gone, and what stops the lift.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused, start } from '../server.mjs';
import { SDK, http, idOf, lifted, sdk, upgrade, v2, v4, within } from './support.mjs';

const listed = lifted({ flags: ['--sockets.only_allow_origins=["http://good.example.com"]'] });
const closed = lifted({ flags: ['--door.closed', '--sockets.only_allow_origins=["http://good.example.com"]'] });
const open = lifted();
const greeting = lifted({ flags: ['--door.greets'] });

test('rt_41 the address of a client is what the proxies say, as far as they are trusted', async (t) => {
  const headers = { 'x-forwarded-for': '203.0.113.7, 198.51.100.9' };
  for (const [trust, ip] of [['true', '203.0.113.7'], ['1', '198.51.100.9']]) {
    const trusting = await start({ flags: [`--http.trust_proxy=${trust}`] });
    t.after(() => trusting.stop());
    const client = await sdk(t, trusting.base, { initialConnectionHeaders: headers });
    assert.equal((await client.get('/e2e/seen')).body.ip, ip);
  }
  const client = await v4(t, open.base, { extraHeaders: headers });
  const { ip, ips } = (await client.get('/e2e/seen')).body;
  assert.deepEqual({ ip, ips }, { ip: '127.0.0.1', ips: [] });
});

test('rt_49 a listed origin connects, another gets a 400 and a connect_error', async (t) => {
  const from = (origin) => ({ extraHeaders: { origin } });
  assert.equal((await (await v4(t, listed.base, from('http://good.example.com'))).get('/test/ping')).statusCode, 200);
  for (const origin of ['http://bad.example.com', 'http://good.example.com.evil', 'https://good.example.com', 'null']) {
    assert.equal((await upgrade(listed, { headers: { origin } })).status, 400, origin);
    await assert.rejects(v4(t, listed.base, from(origin)), /connect_error/);
    await assert.rejects(v2(t, listed.base, from(origin)), /connect_error/);
    await assert.rejects(sdk(t, listed.base, { initialConnectionHeaders: { origin } }), /connect_error/);
  }
});

test('rt_50 a client without an origin connects', async (t) => {
  for (const connect of [sdk, v4]) assert.equal((await (await connect(t, listed.base)).get('/test/ping')).statusCode, 200);
});

test('rt_51 whom before_connect refuses, by an answer or by failing, gets a 400 with its text', async (t) => {
  assert.deepEqual(await upgrade(closed, { query: `${SDK}&pass=no` }), { status: 400, text: 'not with this pass' });
  assert.deepEqual(await upgrade(closed, { query: `${SDK}&pass=broken` }), { status: 400, text: 'the lock is broken' });
  await assert.rejects(v4(t, closed.base, { query: { pass: 'no' } }), /connect_error/);
  await assert.rejects(sdk(t, closed.base, { query: 'pass=broken' }), /connect_error/);
});

test('rt_52 whom before_connect admits connects, a refusal without a text says Forbidden', async (t) => {
  assert.equal((await (await sdk(t, closed.base, { query: 'pass=yes' })).get('/test/ping')).statusCode, 200);
  assert.deepEqual(await upgrade(closed), { status: 400, text: 'Forbidden' });
});

test('rt_53 where both are set, before_connect alone decides', async (t) => {
  const stranger = { extraHeaders: { origin: 'http://bad.example.com' }, query: { pass: 'yes' } };
  assert.equal((await (await v4(t, closed.base, stranger)).get('/test/ping')).statusCode, 200);
  assert.equal((await upgrade(closed, { headers: { origin: 'http://good.example.com' } })).status, 400);
});

test('rt_54 settings of sockets that cannot work stop the lift, with the code and the key', async () => {
  for (const origin of ['', 'example.com', 'http://x.example:80', 'https://x.example:443', 'http://x.example/', 'http://x.example/p']) {
    const said = await refused(`--sockets.only_allow_origins=[${JSON.stringify(origin)}]`);
    assert.match(said, /E_INVALID_ORIGIN/, origin);
    assert.match(said, /sockets\.only_allow_origins/);
  }
  assert.match(await refused('--sockets.only_allow_origins=http://x.example'), /sockets\.only_allow_origins/);
  assert.match(await refused('--sockets.adapter=nonsense'), /sockets\.adapter/);
  assert.match(await refused('--sockets.ping_interval=0'), /sockets\.ping_interval/);
});

test('rt_54 production without a setting admits pages of the own host alone', async (t) => {
  const production = await start({ flags: ['--prod', '--sockets.same_origin'] });
  t.after(() => production.stop());
  assert.equal((await (await v4(t, production.base, { extraHeaders: { origin: production.base } })).get('/test/ping')).statusCode, 200);
  await assert.rejects(v4(t, production.base, { extraHeaders: { origin: 'http://evil.example' } }), /connect_error/);
});

test('rt_55 after a disconnect the app has the id and the session, once, and what it notes is kept', async (t) => {
  const { cookie } = await http(closed, 'GET', '/session/count');
  const gone = async (wanted) => {
    let noted = [];
    const asked = (async () => {
      while (noted.length < wanted) noted = (await http(closed, 'GET', '/session/get', { cookie })).body.data.gone ?? [];
    })();
    await within(asked, `${wanted} disconnects noted`);
    return noted;
  };
  const ids = [];
  for (const [connect, options] of [
    [v4, { query: { pass: 'yes' }, extraHeaders: { cookie } }],
    [sdk, { query: 'pass=yes', initialConnectionHeaders: { cookie } }],
  ]) {
    const client = await connect(t, closed.base, options);
    assert.equal((await client.get('/test/ping')).statusCode, 200);
    ids.push(idOf(client));
    client.close();
    assert.deepEqual(await gone(ids.length), ids);
  }
});

test('on_connect runs once for each socket, has its session, and can join it to rooms', async (t) => {
  const { cookie } = await http(greeting, 'GET', '/session/count');
  const welcomed = [];
  for (const [connect, options] of [
    [v4, { extraHeaders: { cookie } }],
    [v2, { extraHeaders: { cookie } }],
    [sdk, { initialConnectionHeaders: { cookie } }],
  ]) {
    const client = await connect(t, greeting.base, options);
    const heard = client.listen('welcome', 'e');
    // It may have been sent before this client listens; the room that it joined tells all the same.
    let rooms = [];
    const joined = (async () => {
      while (!rooms.includes('visitors')) rooms = (await client.get('/rooms/mine')).body.rooms;
    })();
    await within(joined, 'the room of visitors');
    await client.get('/rooms/broadcast', { rooms: 'visitors', event: 'e', data: idOf(client) });
    await heard.until(1);
    welcomed.push(client);
    const visits = async () => (await http(greeting, 'GET', '/session/get', { cookie })).body.data.visits;
    await within((async () => { while ((await visits()) !== welcomed.length); })(), 'the visit is saved');
  }
});

test('rt_56 lowering the app ends the connections of all clients', async (t) => {
  const short = await start();
  const ends = [];
  for (const connect of [sdk, v2, v4]) {
    const client = await connect(t, short.base, { reconnection: false });
    ends.push(new Promise((done) => client.socket.on('disconnect', done)));
  }
  const [how] = [await short.stop()];
  assert.equal(how.code, 0);
  await within(Promise.all(ends), 'disconnect');
});
