// What hostile or broken clients send over a socket is answered, and the server goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { plain, within } from './clients.mjs';
import { start } from './server.mjs';

let server;
before(async () => (server = await start()));
after(() => server.stop());

// A connection that speaks the wire by hand.
async function wire(query = '&__sails_io_sdk_version=1.2.1') {
  const socket = new WebSocket(`${server.base.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`);
  const frames = [];
  const waiting = [];
  let closed = false;
  socket.on('message', (frame) => {
    const text = String(frame);
    if (text === '2') return socket.send('3');
    frames.push(text);
    for (const wake of waiting.splice(0)) wake();
  });
  socket.on('close', () => {
    closed = true;
    for (const wake of waiting.splice(0)) wake();
  });
  const next = async (test) => {
    for (;;) {
      const at = frames.findIndex(test);
      if (at >= 0) return frames.splice(at, 1)[0];
      if (closed) throw new Error('the connection closed');
      await within(new Promise((done) => waiting.push(done)), `a frame; have ${frames}`);
    }
  };
  await next((f) => f.startsWith('0'));
  socket.send('40');
  await next((f) => f.startsWith('40'));
  return {
    async ask(id, text) {
      socket.send(`42${id}${text}`);
      const frame = await next((f) => f.startsWith(`43${id}[`));
      return JSON.parse(frame.slice(`43${id}`.length))[0];
    },
    tell: (text) => socket.send(text),
    next,
    close: () => socket.close(),
  };
}

const CODE = 'SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ';

for (const [what, frame] of [
  ['no argument', '["get"]'],
  ['null', '["get",null]'],
  ['no url', '["get",{}]'],
  ['an empty url', '["get",{"url":""}]'],
  ['a url that is a number', '["get",{"url":7}]'],
  ['a url that is an object', '["get",{"url":{"a":1}}]'],
  ['a text instead of a request', '["get","/order"]'],
]) {
  test(`a frame with ${what} is a parse error`, async () => {
    const w = await wire();
    const answer = await w.ask(1, frame);
    assert.equal(answer.code, CODE);
    assert.equal(answer.status, 400);
    assert.equal((await w.ask(2, '["get",{"url":"/test/ping"}]')).statusCode, 200);
    w.close();
  });
}

test('a request without an ack runs, and a malformed one is told by sails:parseError', async () => {
  const w = await wire();
  w.tell('42["get",{"url":"/test/ping"}]');
  w.tell('42["get",{"url":5}]');
  const event = JSON.parse((await w.next((f) => f.includes('sails:parseError'))).slice(2));
  assert.equal(event[0], 'sails:parseError');
  assert.equal(event[1].code, CODE);
  assert.equal(event[1].stack, undefined);
  w.close();
});

test('a client without an SDK version cannot make requests but stays connected', async () => {
  const w = await wire('');
  assert.equal((await w.ask(1, '["get",{"url":"/test/ping"}]')).code, CODE);
  assert.equal((await w.ask(2, '["get",{"url":"/test/ping"}]')).code, CODE);
  w.close();
});

test('an SDK version that is no version is a parse error, not a crash', async () => {
  const w = await wire('&__sails_io_sdk_version=abc');
  assert.equal((await w.ask(1, '["get",{"url":"/test/ping"}]')).code, CODE);
  w.close();
});

test('ids that are objects or lists never reach a query', async () => {
  const client = await plain(server.base);
  await client.post('/order', { status: 'kept' });
  for (const id of [{ '>': 0 }, [1, 2], { '!=': null }]) {
    const answer = await client.patch('/order/1', { id, status: 'x' });
    assert.ok([200, 400].includes(answer.statusCode), JSON.stringify(answer));
    const destroyed = await client.delete('/order', { id });
    assert.ok(destroyed.statusCode >= 400, JSON.stringify(destroyed));
  }
  const left = await client.get('/order');
  assert.ok(left.body.some((order) => order.status === 'kept' || order.status === 'x'));
  client.close();
});

test('deep JSON over a socket is refused and answered', async () => {
  const w = await wire();
  const deep = '['.repeat(5_000) + ']'.repeat(5_000);
  const answer = await w.ask(1, `["post",{"url":"/order","data":{"status":${deep}}}]`);
  assert.ok((answer.statusCode ?? answer.status) >= 400, JSON.stringify(answer));
  assert.equal((await w.ask(2, '["get",{"url":"/test/ping"}]')).statusCode, 200);
  w.close();
});

test('a panic in an action is one 500 ack, and the socket goes on', async () => {
  const w = await wire();
  const answer = await w.ask(1, '["get",{"url":"/test/panic"}]');
  assert.equal(answer.statusCode, 500);
  assert.equal((await w.ask(2, '["get",{"url":"/test/ping"}]')).statusCode, 200);
  w.close();
});

test('unknown urls and verbs without a listener do not hurt', async () => {
  const w = await wire();
  assert.equal((await w.ask(1, '["get",{"url":"/no/such/thing"}]')).statusCode, 404);
  w.tell('422["explode",{"url":"/test/ping"}]');
  assert.equal((await w.ask(3, '["get",{"url":"no-slash"}]')).statusCode, 404);
  w.close();
});

test('events sent right after connect are answered', async () => {
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = new WebSocket(
        `${server.base.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&__sails_io_sdk_version=1.2.1`,
      );
      const answered = new Promise((done, fail) => {
        socket.on('error', fail);
        socket.on('message', (frame) => {
          const text = String(frame);
          if (text.startsWith('0')) socket.send('40');
          if (text.startsWith('40')) socket.send('421["get",{"url":"/test/ping"}]');
          if (text.startsWith('431')) done(text);
        });
      });
      assert.match(await within(answered, 'the first request is answered'), /"statusCode":200/);
      socket.close();
    }),
  );
});
