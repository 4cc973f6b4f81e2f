import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import vm from 'node:vm';
import { WebSocket } from 'ws';
import { next, within } from './support/deadline.mjs';
import { startServer } from './support/sails-server.mjs';

const source = fs.readFileSync(new URL('../dist/topsail.io.js', import.meta.url), 'utf8');

/** Loads the classic script into a page of `origin` that has little more than what the script needs. */
function loadPage(origin, { attributes = {}, src = '/dependencies/topsail.io.js', ...globals } = {}) {
  const lower = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]));
  const tag = { src, getAttribute: (name) => lower[name.toLowerCase()] ?? null };
  const listeners = {};
  const page = vm.createContext({
    setTimeout,
    clearTimeout,
    AbortController,
    ArrayBuffer,
    URL,
    WebSocket: class extends WebSocket {
      constructor(url, protocols) {
        super(url, protocols, { headers: { origin } });
      }
    },
    location: { origin, protocol: 'http:' },
    document: { currentScript: tag, getElementsByTagName: () => [tag] },
    addEventListener: (event, fn) => (listeners[event] = fn),
    removeEventListener: (event, fn) => listeners[event] === fn && delete listeners[event],
    console: { log: (...args) => page.logged.push(args.join(' ')), warn: (...args) => page.logged.push(args.join(' ')) },
    fetched: [],
    fetch: (url, options) => {
      page.fetched.push({ url, ...options });
      return Promise.reject(new Error('no network'));
    },
    logged: [],
    ...globals,
  });
  page.window = page;
  page.happens = (event) => listeners[event]?.();
  vm.runInContext(source, page);
  return page;
}

describe('the classic script', () => {
  let server;
  const open = [];
  const load = (origin, options) => {
    const page = loadPage(origin, options);
    open.push(page.io);
    return page;
  };
  before(async () => {
    server = await startServer();
  });
  after(() => {
    open.forEach((io) => io.socket?._raw?.disconnect());
    return server.stop();
  });

  it('defines io and connects io.socket to the server of the page', async () => {
    const { io, fetched, logged } = load(server.url);
    assert.deepEqual(Object.keys(io).sort(), ['sails', 'socket']);
    assert.equal(io.socket.mightBeAboutToAutoConnect(), true);
    assert.equal((await within('the answer', io.socket.get('/echo'))).url, '/echo');
    assert.equal(server.handshakes.at(-1).query.__sails_io_sdk_platform, 'browser');
    assert.equal(server.handshakes.at(-1).headers.origin, server.url);
    assert.deepEqual(fetched, []);
    assert.match(logged.join(), /connected to/);
  });

  it('waits for the page to be parsed, so that the scripts that follow can change io.sails', async () => {
    let parsed;
    const tag = { src: '', getAttribute: () => null };
    const document = {
      readyState: 'loading',
      currentScript: tag,
      getElementsByTagName: () => [tag],
      addEventListener: (_, fn) => (parsed = fn),
    };
    const { io } = load('http://127.0.0.1:1', { document });
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual([io.socket.mightBeAboutToAutoConnect(), io.socket.isConnecting()], [true, false]);
    io.sails.url = server.url;
    io.sails.useCORSRouteToGetCookie = false;
    parsed();
    assert.equal((await within('the answer', io.socket.get('/echo'))).url, '/echo');
  });

  it('lets the page change io.sails before the connection is made', async () => {
    const { io } = load('http://127.0.0.1:1');
    io.sails.url = server.url;
    io.sails.useCORSRouteToGetCookie = false;
    assert.equal((await within('the answer', io.socket.get('/echo'))).url, '/echo');
  });

  it('rt_110 with autoConnect false removes io.socket', async () => {
    const { io } = load(server.url);
    io.sails.autoConnect = false;
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(io.socket, undefined);
    const socket = io.sails.connect();
    await next(socket, 'connect');
    socket.disconnect();
  });

  it('reads its settings from the attributes of its tag', () => {
    const { io } = load(server.url, {
      attributes: {
        autoConnect: 'false',
        headers: '{"x-auth":"1"}',
        path: '/live',
        transports: '["websocket"]',
        environment: 'test',
        url: 'http://not-this',
        'data-url': 'http://example.com',
        reconnection: '',
        reconnectionAttempts: '5',
        query: '5',
        useCORSRouteToGetCookie: '/cookie',
      },
    });
    const { autoConnect, headers, path, transports, environment, url, reconnection, reconnectionAttempts, query, useCORSRouteToGetCookie } = io.sails;
    assert.deepEqual(
      JSON.parse(JSON.stringify({ autoConnect, headers, path, transports, environment, url, reconnection, reconnectionAttempts, query, useCORSRouteToGetCookie })),
      {
        autoConnect: false,
        headers: { 'x-auth': '1' },
        path: '/live',
        transports: ['websocket'],
        environment: 'test',
        url: 'http://example.com',
        reconnection: true,
        reconnectionAttempts: 5,
        query: '5',
        useCORSRouteToGetCookie: '/cookie',
      },
    );
  });

  it('refuses attributes that make no sense', () => {
    for (const attributes of [{ autoConnect: 'maybe' }, { headers: '[]' }, { headers: 'null' }, { transports: 'websocket' }, { reconnectionDelay: 'soon' }]) {
      assert.throws(() => loadPage(server.url, { attributes }), new RegExp(Object.keys(attributes)[0]));
    }
  });

  it('is silent in production, which the page or the name of the script tells', async () => {
    const loud = { autoConnect: 'false' };
    assert.equal(load(server.url, { attributes: loud }).io.sails.environment, 'development');
    assert.equal(load(server.url, { attributes: loud, src: '/topsail.io.min.js' }).io.sails.environment, 'production');
    assert.equal(load(server.url, { attributes: loud, src: '/topsail.io.js#production' }).io.sails.environment, 'production');
    const page = load(server.url, { SAILS_LOCALS: { _environment: 'staging' } });
    assert.equal(page.io.sails.environment, 'production');
    await next(page.io.socket, 'connect');
    assert.deepEqual(page.logged, []);
  });

  it('adds itself to the client of socket.io, and refuses to be loaded twice', () => {
    const client = () => {};
    const page = load(server.url, { io: client });
    assert.equal(page.io, client);
    assert.ok(client.sails && client.socket);
    client.sails.autoConnect = false;
    assert.throws(() => vm.runInContext(source, page), /twice/);
    const element = { id: 'io' };
    const other = load(server.url, { io: element, attributes: { autoConnect: 'false' } });
    assert.notEqual(other.io, element);
  });

  it('rt_111 gets a cookie from another origin first, and connects even without', async () => {
    const { io, fetched } = load('http://example.com', { attributes: { url: server.url } });
    await next(io.socket, 'connect');
    const [{ url, mode, credentials }] = fetched;
    assert.deepEqual([url, mode, credentials, fetched.length], [`${server.url}/__getcookie`, 'no-cors', 'include', 1]);
  });

  it('gets the cookie from the path that the app names', async () => {
    const { io, fetched } = load('http://example.com', { attributes: { url: server.url, useCORSRouteToGetCookie: '/cookie' } });
    await next(io.socket, 'connect');
    assert.equal(fetched[0].url, `${server.url}/cookie`);
  });

  it('warns that a page cannot send handshake headers', async () => {
    const { io, logged } = load(server.url);
    io.sails.initialConnectionHeaders = { a: '1' };
    await next(io.socket, 'connect');
    assert.match(logged.join(), /initialConnectionHeaders/);
  });

  it('lets go when the machine goes offline, and comes back at once when it is online', async () => {
    const page = load(server.url, { attributes: { reconnectionDelay: '60000', reconnectionDelayMax: '60000' } });
    await next(page.io.socket, 'connect');
    const lost = next(page.io.socket, 'disconnect');
    page.happens('offline');
    assert.deepEqual(await lost, ['transport close']);
    const back = next(page.io.socket, 'connect');
    page.happens('online');
    await back;
  });
});
