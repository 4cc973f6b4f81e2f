// A page of one origin, the app on another: the browser builds of sails.io.js 1.2.1 and of our client get a session
// cookie before they connect.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { start } from '../e2e/server.mjs';
import { DEADLINE } from './support/app.mjs';
import { startBrowser } from './support/browser.mjs';

const SCRIPTS = {
  'sails.io.js 1.2.1': '../e2e/node_modules/sails.io.js/dist/sails.io.js',
  'topsail.io.js': '../../framework/client/dist/topsail.io.js',
};

let app;
let browser;
before(async () => {
  app = await start();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await app?.stop();
});

async function pageServer(t, script) {
  const code = await readFile(new URL(script, import.meta.url));
  const html = `<!doctype html><title>elsewhere</title><script src="/io.js" url="${app.base}"></script>`;
  const server = createServer(({ url }, response) => {
    const isScript = url === '/io.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? code : html);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

for (const [kind, script] of Object.entries(SCRIPTS)) {
  test(`rt_111 a page of another origin gets its cookie first and shares the session: ${kind}`, async (t) => {
    const url = await pageServer(t, script);
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(DEADLINE);
    const steps = [];
    page.on('response', (response) => {
      if (response.url() === `${app.base}/__getcookie`) steps.push(`cookie ${response.status()}`);
    });
    page.on('websocket', () => steps.push('socket'));
    await page.goto(url);
    const count = () => page.evaluate(() => new Promise((done) => window.io.socket.get('/session/count', (body) => done(body.count))));
    assert.equal(await count(), 1);
    assert.deepEqual(steps, ['cookie 200', 'socket']);
    const [cookie] = (await context.cookies(app.base)).filter(({ name }) => name === 'sails.sid');
    const answer = await fetch(`${app.base}/session/count`, { headers: { cookie: `${cookie.name}=${cookie.value}` } });
    assert.equal((await answer.json()).count, 2);
    assert.equal(await count(), 3);
  });
}
