import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sockets } from './support/client.mjs';
import { next, within } from './support/deadline.mjs';
import { startServer } from './support/sails-server.mjs';

describe('events', () => {
  let server;
  const peer = (socket) => server.io.sockets.sockets.get(socket.id());
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  it('reach every listener with their payload, in order', async (t) => {
    const socket = sockets(t)(server.url);
    const seen = [];
    socket.on('user', (message) => seen.push(['one', message])).on('user', (message) => seen.push(['two', message]));
    await next(socket, 'connect');
    peer(socket).emit('user', { verb: 'created', id: 7 });
    peer(socket).emit('user', null);
    peer(socket).emit('last');
    await next(socket, 'last');
    const created = { verb: 'created', id: 7 };
    assert.deepEqual(seen, [['one', created], ['two', created], ['one', null], ['two', null]]);
  });

  it('of other names reach no one', async (t) => {
    const socket = sockets(t)(server.url);
    await next(socket, 'connect');
    peer(socket).emit('toString', {});
    peer(socket).emit('__proto__', {});
    peer(socket).emit('last');
    await next(socket, 'last');
  });

  it('stop for listeners that were taken off', async (t) => {
    const socket = sockets(t)(server.url);
    const seen = [];
    const kept = () => seen.push('kept');
    const gone = () => seen.push('gone');
    await next(socket, 'connect');
    socket.on('news', kept).on('news', gone).off('news', gone).off('news', () => {}).off('other', gone);
    socket.on('all', gone).on('all', gone).off('all');
    socket.once('single', () => seen.push('single'));
    peer(socket).emit('all');
    peer(socket).emit('single');
    peer(socket).emit('single');
    peer(socket).emit('news');
    peer(socket).emit('last');
    await next(socket, 'last');
    assert.deepEqual(seen, ['single', 'kept']);
  });

  it('removeAllListeners leaves requests as they are', async (t) => {
    const socket = sockets(t)(server.url);
    await next(socket, 'connect');
    socket.on('news', () => assert.fail('called')).removeAllListeners();
    peer(socket).emit('news');
    assert.equal((await within('the answer', socket.get('/echo'))).url, '/echo');
    const lost = socket.get('/no-such-route').jwr;
    socket.disconnect();
    assert.equal((await within('the failure', lost)).statusCode, 0);
  });

  it('carry bytes, and answers if the server asks for one', async (t) => {
    const socket = sockets(t)(server.url);
    await next(socket, 'connect');
    socket.on('question', ({ bytes }, answer) => answer(new Uint8Array(bytes).length, bytes));
    const [length, bytes] = await within('the answer', new Promise((resolve) => {
      peer(socket).emit('question', { bytes: Buffer.from('abc') }, (...args) => resolve(args));
    }));
    assert.equal(length, 3);
    assert.equal(Buffer.from(bytes).toString(), 'abc');
  });

  it('go on after a listener threw', async (t) => {
    const socket = sockets(t)(server.url);
    await next(socket, 'connect');
    const thrown = within('the report', new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve)));
    t.after(() => process.setUncaughtExceptionCaptureCallback(null));
    socket.on('news', () => {
      throw new Error('a mistake of the app');
    });
    const second = next(socket, 'news');
    peer(socket).emit('news');
    await second;
    assert.equal((await thrown).message, 'a mistake of the app');
    assert.ok(socket.isConnected());
  });
});
