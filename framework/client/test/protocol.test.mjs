import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { sockets } from './support/client.mjs';
import { next, within } from './support/deadline.mjs';
import { HANDSHAKE, startScriptedServer, welcome } from './support/scripted-server.mjs';

describe('the wire', () => {
  const play = async (t, script, options = { reconnection: false }) => {
    const server = await startScriptedServer(script);
    t.after(() => server.stop());
    return sockets(t)(server.url, options);
  };

  it('says what Engine.IO 4 and Socket.IO 5 want to hear', async (t) => {
    const heard = [];
    let url;
    let closed;
    const socket = await play(t, (peer, request) => {
      url = request.url;
      closed = once(peer, 'close');
      peer.on('message', (data) => heard.push(String(data)));
      welcome(() => peer.send('2'))(peer);
    });
    await next(socket, 'connect');
    const answered = socket.get('/a').jwr;
    socket.disconnect();
    await within('the failure', answered);
    assert.equal(
      url,
      '/socket.io/?EIO=4&transport=websocket&__sails_io_sdk_version=1.2.1&__sails_io_sdk_platform=node&__sails_io_sdk_language=javascript',
    );
    await within('the close', closed);
    const wanted = ['40', '420["get",{"method":"get","headers":{},"data":{},"url":"/a"}]', '41'];
    assert.deepEqual(heard.filter((message) => message !== '3'), wanted);
  });

  it('answers pings', async (t) => {
    let pong;
    const socket = await play(t, welcome((peer) => {
      pong = once(peer, 'message');
      peer.send('2');
    }));
    await next(socket, 'connect');
    assert.equal(String((await within('the pong', pong))[0]), '3');
  });

  it('notices a server that has fallen silent', async (t) => {
    const socket = await play(t, (peer) => {
      peer.send('0{"sid":"e","upgrades":[],"pingInterval":20,"pingTimeout":20}');
      peer.once('message', () => peer.send('40{"sid":"s"}'));
    });
    await next(socket, 'connect');
    assert.deepEqual(await next(socket, 'disconnect'), ['ping timeout']);
  });

  it('stays while pings come', async (t) => {
    const socket = await play(t, (peer) => {
      peer.send('0{"sid":"e","upgrades":[],"pingInterval":50,"pingTimeout":250}');
      peer.once('message', () => peer.send('40{"sid":"s"}'));
      let pings = 0;
      const timer = setInterval(() => {
        peer.send('2');
        pings += 1;
        if (pings === 10) {
          clearInterval(timer);
          peer.send('42["enough"]');
        }
      }, 50);
      peer.on('close', () => clearInterval(timer));
    });
    socket.on('disconnect', (reason) => reason === 'io client disconnect' || assert.fail(reason));
    await next(socket, 'enough');
  });

  it('ends with the close packet of the engine', async (t) => {
    const socket = await play(t, welcome((peer) => peer.send('1')));
    assert.deepEqual(await next(socket, 'disconnect'), ['transport close']);
  });

  const malformed = {
    'no packet': '4x',
    'no JSON': '42["a"',
    'no event name': '42[]',
    'an event name that is no string': '42[{}]',
    'no array': '42{"a":1}',
    'an answer to nothing': '43[1]',
    'a reserved event name': '42["disconnect"]',
    'bytes that no packet announced': Buffer.from([1]),
    'a placeholder without bytes': '451-["a",{"_placeholder":true,"num":1}]',
    'a binary packet without a count': '45["a"]',
  };
  for (const [what, frame] of Object.entries(malformed)) {
    it(`leaves a server that sends ${what}`, async (t) => {
      const socket = await play(t, welcome((peer) => {
        peer.send(frame);
        if (String(frame).startsWith('451-')) {
          peer.send(Buffer.from([1]));
        }
      }));
      assert.deepEqual(await next(socket, 'disconnect'), ['parse error']);
    });
  }

  it('leaves a server that sends text where bytes are due', async (t) => {
    const socket = await play(t, welcome((peer) => {
      peer.send('452-["a",{"_placeholder":true,"num":0}]');
      peer.send('42["b"]');
    }));
    assert.deepEqual(await next(socket, 'disconnect'), ['parse error']);
  });

  for (const [what, handshake] of Object.entries({ 'no JSON': '0{', 'no times': '0{"sid":"e"}' })) {
    it(`does not connect to a server whose handshake has ${what}`, async (t) => {
      const socket = await play(t, (peer) => peer.send(handshake));
      const [error] = await next(socket, 'connect_error');
      assert.equal(error.message, 'parse error');
    });
  }

  it('does not connect to a server of the older protocol, which names no socket', async (t) => {
    const socket = await play(t, (peer) => {
      peer.send(HANDSHAKE);
      peer.send('40');
    });
    const [error] = await next(socket, 'connect_error');
    assert.equal(error.message, 'parse error');
  });

  it('ignores what is not for it: other namespaces, unknown answers, a second consent, unknown engine packets', async (t) => {
    const socket = await play(t, welcome((peer) => {
      for (const frame of ['42/admin,["a"]', '44/admin,{"message":"no"}', '40/admin,{"sid":"z"}', '4399[1]', '40{"sid":"again"}', '44{"message":"late"}', '6', '9', '']) {
        peer.send(frame);
      }
      peer.send('451-/admin,["a",{"_placeholder":true,"num":0}]');
      peer.send(Buffer.from([1]));
      peer.send('42["last",{"__proto__":{"polluted":true}}]');
    }));
    socket.on('a', () => assert.fail('of another namespace'));
    await next(socket, 'last');
    assert.equal(socket.id(), 'socket');
    assert.equal({}.polluted, undefined);
  });

  it('rt_29 takes an answer that is no jwr for a 200 without a body', async (t) => {
    const answers = ['[]', '[null]', '["text"]', '[{"code":"SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ","status":400}]'];
    const socket = await play(t, welcome((peer) => {
      peer.on('message', () => peer.send(`43${4 - answers.length}${answers.shift()}`));
    }));
    for (let n = 0; n < 4; n += 1) {
      const jwr = await within('the answer', socket.get('/a').jwr);
      assert.deepEqual(jwr.toPOJO(), { body: undefined, headers: {}, statusCode: 200 });
    }
  });

  it('ignores a second answer to the same request', async (t) => {
    let calls = 0;
    const socket = await play(t, welcome((peer) => {
      peer.on('message', () => {
        peer.send('430[{"body":1}]');
        peer.send('430[{"body":2}]');
        peer.send('42["last"]');
      });
    }));
    socket.get('/a', (body) => {
      calls += 1;
      assert.equal(body, 1);
    });
    await next(socket, 'last');
    assert.equal(calls, 1);
  });
});
