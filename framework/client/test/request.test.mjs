import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { JwrError } from '../dist/topsail.io.mjs';
import { quietIo, sockets } from './support/client.mjs';
import { next, within } from './support/deadline.mjs';
import { startServer } from './support/sails-server.mjs';

describe('a virtual request', () => {
  let server;
  before(async () => {
    server = await startServer({
      routes: {
        '/never': () => undefined,
        // Answered when the test says so.
        '/held': (_request, _socket, ack) => {
          server.release = () => ack({ statusCode: 200, body: 'late' });
          server.seen();
        },
      },
    });
  });
  after(() => server.stop());

  for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
    it(`rt_12_${method} sends the event of that name with method, headers, data and url`, async (t) => {
      const socket = sockets(t)(server.url);
      const body = await within('the answer', socket[method]('/echo', { a: [1, 'ä'] }));
      assert.deepEqual(body, { method, headers: {}, data: { a: [1, 'ä'] }, url: '/echo' });
      assert.equal(server.requests.at(-1).verb, method);
    });
  }

  it('takes any case of the method, `params` for `data`, and sends the url as it is', async (t) => {
    const socket = sockets(t)(server.url, {});
    const body = await within('the answer', socket.request({ url: '/echo', method: 'PUT', params: [1, 2] }));
    assert.deepEqual(body, { method: 'put', headers: {}, data: [1, 2], url: '/echo' });
  });

  it('has an empty object for data where there is none', async (t) => {
    const socket = sockets(t)(server.url);
    assert.deepEqual((await within('the answer', socket.get('/echo'))).data, {});
    assert.deepEqual((await within('the answer', socket.get('/echo', null))).data, {});
  });

  it('calls back with the body and the jwr, with data or without', async (t) => {
    const socket = sockets(t)(server.url);
    for (const args of [[], [{ a: 1 }], [undefined]]) {
      const [body, jwr] = await within('the answer', new Promise((resolve) => {
        assert.equal(socket.post('/echo', ...args, (...answer) => resolve(answer)), undefined);
      }));
      assert.deepEqual(body.data, args[0] ?? {});
      assert.deepEqual(jwr.toPOJO(), { body, headers: {}, statusCode: 200 });
      assert.equal(jwr.error, undefined);
    }
  });

  it('asks for an answer even if no one wants it', async (t) => {
    const socket = sockets(t)(server.url);
    await within('the answer', socket.get('/echo').jwr);
    assert.equal(server.requests.at(-1).wantsAnswer, true);
  });

  it('rt_24 has an error in the jwr for a 404, and rejects with it', async (t) => {
    const socket = sockets(t)(server.url);
    const error = await within('the answer', socket.get('/missing').then(() => assert.fail('resolved'), (e) => e));
    assert.ok(error instanceof JwrError);
    assert.equal(error.statusCode, 404);
    assert.equal(error.jwr.body, 'Not Found');
    assert.match(error.message, /404.*Not Found/);

    const [body, jwr] = await within('the answer', new Promise((resolve) => socket.get('/missing', (...answer) => resolve(answer))));
    assert.equal(body, 'Not Found');
    assert.equal(jwr.statusCode, 404);
    assert.ok(jwr.error instanceof Error);
    assert.match(String(jwr), /404/);
    assert.ok(jwr.pipe() instanceof Error);
  });

  it('gives the whole jwr of a promise, which never rejects', async (t) => {
    const socket = sockets(t)(server.url);
    assert.equal((await within('the answer', socket.get('/missing').jwr)).statusCode, 404);
  });

  it('rt_23 does not take a redirect for an error', async (t) => {
    const socket = sockets(t)(server.url);
    const jwr = await within('the answer', socket.get('/moved').jwr);
    assert.equal(jwr.statusCode, 302);
    assert.equal(jwr.headers.Location, '/echo');
    assert.equal(jwr.error, undefined);
  });

  it('rt_35 shows the headers of the answer', async (t) => {
    const socket = sockets(t)(server.url);
    const jwr = await within('the answer', socket.get('/header').jwr);
    assert.deepEqual(jwr.toPOJO(), { body: null, headers: { 'X-My': 'yes' }, statusCode: 201 });
  });

  it('rt_36 reports 200 and no headers if the server names none', async (t) => {
    const socket = sockets(t)(server.url);
    const jwr = await within('the answer', socket.get('/bare').jwr);
    assert.deepEqual(jwr.toPOJO(), { body: 'without a status', headers: {}, statusCode: 200 });
  });

  it('rt_20 leaves the body undefined if the server sends none', async (t) => {
    const socket = sockets(t)(server.url);
    assert.equal(await within('the answer', socket.get('/nothing')), undefined);
  });

  it('rt_22 gets bytes, and sends them', async (t) => {
    const socket = sockets(t)(server.url);
    assert.deepEqual([...new Uint8Array(await within('the answer', socket.get('/bytes')))], [1, 2, 3]);
    const echo = await within('the answer', socket.post('/echo', { first: new Uint8Array([7]), second: Buffer.from([8, 9]) }));
    assert.deepEqual([...new Uint8Array(echo.data.first)], [7]);
    assert.deepEqual([...new Uint8Array(echo.data.second)], [8, 9]);
    const nested = await within('the answer', socket.post('/echo', { list: [{ deep: new Uint16Array([1, 2]).subarray(1) }, 'text'] }));
    assert.deepEqual([...new Uint8Array(nested.data.list[0].deep), nested.data.list[1]], [2, 0, 'text']);
    const blob = await within('the answer', socket.post('/echo', { file: new Blob(['blob']) }));
    assert.equal(Buffer.from(blob.data.file).toString(), 'blob');
  });

  it('rt_28 fails with an error and status 0 when the connection is lost', async (t) => {
    const socket = sockets(t)(server.url);
    await next(socket, 'connect');
    const called = within('the callback', new Promise((resolve) => socket.get('/never', (...answer) => resolve(answer))));
    const promised = socket.get('/never').then(() => assert.fail('resolved'), (e) => e);
    socket.disconnect();
    const [error, jwr] = await called;
    assert.ok(error instanceof Error);
    assert.deepEqual(jwr.toPOJO(), { body: null, headers: {}, statusCode: 0 });
    assert.equal((await within('the rejection', promised)).statusCode, 0);
  });

  it('may fail unseen', async (t) => {
    const socket = sockets(t)(server.url);
    const unhandled = [];
    const see = (reason) => unhandled.push(reason);
    process.on('unhandledRejection', see);
    t.after(() => process.off('unhandledRejection', see));
    socket.get('/missing');
    await within('the answer', socket.get('/echo'));
    await new Promise(setImmediate);
    assert.deepEqual(unhandled, []);
  });

  it('rt_112 carries the headers of the socket, which a request overrides or removes', async (t) => {
    const io = quietIo({ headers: { a: 'global', b: 'global', c: 'global' } });
    const socket = sockets(t)(server.url, {}, io);
    const first = await within('the answer', socket.request({ url: '/echo', headers: { b: 'own', c: undefined } }));
    assert.deepEqual(first.headers, { a: 'global', b: 'own' });
    socket.headers = { d: 'later' };
    assert.deepEqual((await within('the answer', socket.get('/echo'))).headers, { d: 'later' });
  });

  it('fails, and does not throw, if its data cannot be JSON', async (t) => {
    const socket = sockets(t)(server.url);
    const loop = {};
    loop.loop = loop;
    const queued = socket.post('/echo', loop).jwr;
    const behind = socket.get('/echo');
    assert.match((await within('the answer', queued)).error.message, /JSON/);
    assert.equal((await within('the answer', behind)).url, '/echo');
    assert.equal((await within('the answer', socket.post('/echo', { n: 1n }).jwr)).statusCode, 0);
  });

  it('throws at once for wrong arguments', (t) => {
    const socket = sockets(t)(server.url);
    assert.throws(() => socket.get(5), /`url` is not a string/);
    assert.throws(() => socket.request(null), /`url`/);
    assert.throws(() => socket.get('/echo', {}, 'no function'), /callback/);
    assert.throws(() => socket.post('/echo', 'text'), /objects/);
    assert.throws(() => socket.request({ url: '/echo', data: {}, params: {} }), /two names/);
    assert.throws(() => socket.request({ url: '/echo', headers: 'a: b' }), /objects/);
    assert.throws(() => socket.request({ url: '/echo', method: 'teleport' }), /teleport.*get, post/);
    assert.throws(() => socket.request({ url: '/echo', method: 5 }), /method/);
    assert.throws(() => socket.request({ url: '/echo', signal: 5000 }), /AbortSignal/);
  });

  it('gives up what is under way when its signal says so, and ignores the answer that comes later', async (t) => {
    const socket = sockets(t)(server.url);
    await next(socket, 'connect');
    const abort = new AbortController();
    const calls = [];
    const called = within('the callback', new Promise((resolve) => {
      socket.request({ url: '/held', signal: abort.signal }, (...answer) => resolve(calls.push(answer)));
    }));
    await within('the request', new Promise((resolve) => (server.seen = resolve)));
    abort.abort();
    await called;
    server.release();
    assert.equal((await within('the answer', socket.get('/echo'))).url, '/echo');
    const [[error, jwr]] = calls;
    assert.ok(error instanceof JwrError);
    assert.equal(error.cause.name, 'AbortError');
    assert.deepEqual([jwr.statusCode, calls.length], [0, 1]);
  });

  it('has a time limit where it is given the signal of one', async (t) => {
    const socket = sockets(t)(server.url);
    const late = await within('the failure', socket.request({ url: '/never', signal: AbortSignal.timeout(20) }).jwr);
    assert.deepEqual([late.statusCode, late.error.cause.name], [0, 'TimeoutError']);
  });

  it('is never sent if it was given up while it waited', async (t) => {
    const socket = sockets(t)(server.url);
    const seen = server.requests.length;
    const abort = new AbortController();
    const waiting = socket.request({ url: '/echo?given-up', signal: abort.signal });
    const behind = socket.get('/echo?behind');
    abort.abort(new Error('changed my mind'));
    const error = await within('the failure', waiting.then(() => assert.fail('resolved'), (e) => e));
    assert.equal(error.cause.message, 'changed my mind');
    await within('the answer', behind);
    assert.equal((await socket.request({ url: '/echo', signal: abort.signal }).jwr).statusCode, 0);
    assert.deepEqual(server.requests.slice(seen).map(({ request }) => request.url), ['/echo?behind']);
  });

  it('lets go of its signal once it is answered', async (t) => {
    const socket = sockets(t)(server.url);
    const abort = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = abort.signal;
    abort.signal.addEventListener = (...args) => (listeners += 1, addEventListener.apply(abort.signal, args));
    abort.signal.removeEventListener = (...args) => (listeners -= 1, removeEventListener.apply(abort.signal, args));
    await within('the answer', socket.request({ url: '/echo', signal: abort.signal }));
    assert.equal(listeners, 0);
  });

  it('rt_38 is answered when its own answer is there, whatever came before', async (t) => {
    const socket = sockets(t)(server.url);
    const never = socket.get('/never');
    assert.equal((await within('the answer', socket.get('/echo'))).url, '/echo');
    socket.disconnect();
    await within('the failure', never.jwr);
  });
});
