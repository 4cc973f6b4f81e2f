// The client in a real browser: settings in its script tag, bytes, loss of the connection, several pages of one session.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { start } from '../e2e/server.mjs';
import { DEADLINE } from './support/app.mjs';
import { startBrowser } from './support/browser.mjs';

const DIST = new URL('../../framework/client/dist/', import.meta.url);

let app;
let browser;
before(async () => {
  app = await start();
  // Pages that a test makes up have no address, so Chromium takes them for ones of the internet.
  browser = await startBrowser('--disable-features=LocalNetworkAccessChecks');
});
after(async () => {
  await browser?.close();
  await app?.stop();
});

// An answer of the page, in time: Playwright itself would wait for ever.
function within(what, promise) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not in time: ${what}`)), DEADLINE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
const run = (page, fn, arg) => within(String(fn), page.evaluate(fn, arg));

// A page of the app's own origin with this in its head. The client is the one that is built here.
async function open(context, head, path = '/client-test') {
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  page.thrown = [];
  page.on('pageerror', (error) => page.thrown.push(error));
  await page.route('**/client-test*', (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html><title>client</title>${head}` }));
  for (const name of ['topsail.io.js', 'topsail.io.mjs']) {
    const body = await readFile(new URL(name, DIST));
    await page.route(`**/dependencies/${name}*`, (route) => route.fulfill({ contentType: 'text/javascript', body }));
  }
  await page.goto(app.base + path);
  return page;
}

async function person(t) {
  const context = await browser.newContext();
  t.after(() => context.close());
  return context;
}

const SCRIPT = '<script src="/dependencies/topsail.io.js"></script>';

test('the app serves the client that is built here, as a script and as a module', async () => {
  for (const name of ['topsail.io.js', 'topsail.io.mjs']) {
    const answer = await fetch(`${app.base}/dependencies/${name}`);
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'text/javascript; charset=utf-8']);
    assert.ok((await answer.text()) === (await readFile(new URL(name, DIST), 'utf8')), `${name} is older: build the app again`);
  }
});

test('attributes of the script tag are settings, those with data- win, and what follows in the page wins over both', async (t) => {
  const page = await open(
    await person(t),
    `<script src="/dependencies/topsail.io.js" autoConnect="false" reconnection data-reconnectionDelay="7" reconnectionDelay="9"
       headers='{"x-custom":"tag"}' query="a=1" environment="production"></script>
     <script>io.sails.autoConnect = true; io.sails.query = 'b=2';</script>`,
  );
  const seen = await run(page, async () => {
    const { headers } = await io.socket.get('/echo');
    const { reconnection, reconnectionDelay, query, environment } = io.socket.id() ? io.sails : {};
    return { headers: headers['x-custom'], reconnection, reconnectionDelay, query, environment };
  });
  assert.deepEqual(seen, { headers: 'tag', reconnection: true, reconnectionDelay: 7, query: 'b=2', environment: 'production' });
  assert.deepEqual(page.thrown, []);
});

test('an attribute that makes no sense is an error of the page that names it', async (t) => {
  const page = await open(await person(t), '<script src="/dependencies/topsail.io.js" headers="[]"></script>');
  assert.match(String(page.thrown[0]), /headers.*object/);
});

test('rt_22 typed arrays, blobs and files are sent as bytes, and bytes arrive', async (t) => {
  const page = await open(await person(t), SCRIPT);
  const answer = await run(page, async () => {
    const list = [new Blob(['b']), new File(['f'], 'f.txt'), new Uint8Array([7]).buffer];
    const body = await io.socket.post('/e2e/reversed', { bytes: new Uint8Array([1, 2, 3]), list });
    const pushed = await io.socket.get('/e2e/bytes');
    return [[...new Uint8Array(body)], [...new Uint8Array(pushed)]];
  });
  assert.deepEqual(answer, [[3, 2, 1, 98, 102, 7], [0, 159, 255]]);
});

test('the ES module connects by itself, and a signal gives a request up', async (t) => {
  const page = await open(
    await person(t),
    `<script type="module">
      import { io, JwrError } from '/dependencies/topsail.io.mjs';
      window.answers = (async () => {
        const ping = await io.socket.get('/test/ping');
        const error = await io.socket.request({ url: '/e2e/never', signal: AbortSignal.timeout(30) }).catch((e) => e);
        return { ping, isJwrError: error instanceof JwrError, cause: error.cause.name, global: 'io' in window && !!window.io };
      })();
    </script>`,
  );
  const answers = await run(page, () => window.answers);
  assert.deepEqual(answers, { ping: { pong: true }, isJwrError: true, cause: 'TimeoutError', global: false });
});

test('pages of one browser share a session, and each has a socket of its own', async (t) => {
  const context = await person(t);
  const [one, two] = [await open(context, SCRIPT), await open(context, SCRIPT)];
  const count = (page) => run(page, async () => (await io.socket.get('/session/count')).count);
  // A page's own request came first, so both sockets have its cookie.
  await run(one, () => fetch('/session/count').then(() => {}));
  for (const page of [one, two]) {
    await run(page, async () => {
      if (io.socket.isConnected()) io.socket.disconnect();
      if (!io.socket.isConnecting()) io.socket.reconnect();
      await io.socket.get('/test/ping');
    });
  }
  assert.deepEqual([await count(one), await count(two), await count(one)], [2, 3, 4]);
  assert.equal(await run(two, async () => (await (await fetch('/session/count')).json()).count), 5);
  const ids = await Promise.all([one, two].map((page) => run(page, () => io.socket.id())));
  assert.notEqual(ids[0], ids[1]);
  const other = await open(await person(t), SCRIPT);
  assert.equal(await count(other), 1);
});

test('rt_108 a page comes back by itself after the server was restarted, and what it asked meanwhile is answered', async (t) => {
  const first = await start();
  const context = await person(t);
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  await page.route('**/client-test', (route) => route.fulfill({
    contentType: 'text/html',
    body: '<script src="/dependencies/topsail.io.js" reconnectionDelay="20" reconnectionDelayMax="50"></script>',
  }));
  await page.goto(`${first.base}/client-test`);
  const id = await run(page, async () => {
    window.events = [];
    for (const event of ['disconnect', 'reconnect', 'connect']) io.socket.on(event, () => window.events.push(event));
    window.lost = new Promise((done) => io.socket.on('disconnect', () => done(io.socket.isConnected())));
    await io.socket.get('/chat/join', { room: 'rt108' });
    window.events.length = 0;
    return io.socket.id();
  });
  await first.stop('SIGKILL');
  assert.equal(await run(page, () => window.lost), false);
  const asked = run(page, async () => ({ ...(await io.socket.get('/rooms/mine')), id: io.socket.id(), events: window.events }));
  const second = await start({ port: first.port });
  t.after(() => second.stop());
  const answer = await asked;
  assert.deepEqual(answer.rooms, []);
  assert.notEqual(answer.id, id);
  assert.deepEqual(answer.events, ['disconnect', 'reconnect', 'connect']);
});

test('a machine that goes offline lets go, and is back as soon as it is online', async (t) => {
  const context = await person(t);
  const page = await open(context, '<script src="/dependencies/topsail.io.js" reconnectionDelay="600000" reconnectionDelayMax="600000"></script>');
  await run(page, async () => {
    window.lost = new Promise((done) => io.socket.on('disconnect', done));
    await io.socket.get('/test/ping');
  });
  await context.setOffline(true);
  assert.equal(await run(page, () => window.lost), 'transport close');
  const back = run(page, () => io.socket.get('/test/ping'));
  await context.setOffline(false);
  assert.deepEqual(await back, { pong: true });
});

test('a server that has fallen silent is left after the time that it named, and found again', async (t) => {
  const context = await person(t);
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  let connections = 0;
  // Between the page and the server: the first connection says its handshake and then nothing more.
  await page.routeWebSocket(/socket\.io/, (socket) => {
    connections += 1;
    if (connections > 1) {
      socket.connectToServer();
      return;
    }
    socket.send('0{"sid":"silent","upgrades":[],"pingInterval":40,"pingTimeout":40,"maxPayload":1000000}');
    socket.onMessage((message) => message === '40' && socket.send('40{"sid":"silent"}'));
  });
  await page.route('**/client-test', (route) => route.fulfill({
    contentType: 'text/html',
    body: `<script src="/dependencies/topsail.io.js" reconnectionDelay="20"></script>
      <script>window.lost = new Promise((done) => io.socket.on('disconnect', done));</script>`,
  }));
  await page.goto(`${app.base}/client-test`);
  assert.equal(await run(page, () => window.lost), 'ping timeout');
  assert.deepEqual(await run(page, () => io.socket.get('/test/ping')), { pong: true });
  assert.equal(connections, 2);
});
