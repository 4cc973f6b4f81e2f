// Ann and Bob, each in a browser of their own, at the example app: what one does the other sees.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { startApp } from './support/app.mjs';
import { comeAboard, startBrowser } from './support/browser.mjs';

let app;
let browser;
let ann;
let bob;

before(async () => {
  app = await startApp();
  browser = await startBrowser();
  ann = await comeAboard(browser, app.url, 'Ann');
  bob = await comeAboard(browser, app.url, 'Bob');
});

after(async () => {
  await browser?.close();
  await app?.stop();
});

test('whoever is in a room learns who comes in', async () => {
  await ann.page.getByText('Bob joined').waitFor();
});

test('what one says the other hears, and the sender sees it once', async () => {
  await ann.say('Is the tide in?');
  await bob.message('Is the tide in?').waitFor();
  await bob.say('Since six.');
  // Events keep their order: an echo of her own message would have come before this answer.
  await ann.message('Since six.').waitFor();
  assert.equal(await ann.message('Is the tide in?').count(), 1);
  assert.equal(await bob.message('Since six.').count(), 1);
  assert.equal(await ann.message('Since six.').locator('[data-by]').textContent(), 'Bob');
});

test('markup in a message stays text', async () => {
  const text = '<img src="x" onerror="window.hurt = true"><b>bold</b>';
  await ann.say(text);
  await bob.message('onerror').waitFor();
  assert.equal(await bob.message('onerror').locator('[data-text]').textContent(), text);
  assert.equal(await bob.page.locator('.message img, .message b').count(), 0);
});

test('a room that one opens appears for the other, and what is said stays in its room', async () => {
  await ann.page.getByLabel('Name of a new room').fill('Galley');
  await ann.page.getByRole('button', { name: 'Open the room' }).click();
  await ann.page.locator('.room[aria-pressed="true"]', { hasText: 'Galley' }).waitFor();
  await bob.page.getByText('Ann left').waitFor();
  await ann.say('Soup at noon.');
  await ann.message('Soup at noon.').waitFor();
  await ann.page.getByRole('button', { name: 'Quay' }).click();
  await ann.message('Is the tide in?').waitFor();
  await ann.say('Back on the quay.');
  await bob.message('Back on the quay.').waitFor();
  assert.equal(await bob.message('Soup at noon.').count(), 0);
  await bob.page.getByRole('button', { name: 'Galley' }).click();
  await bob.message('Soup at noon.').waitFor();
});

test('an order that one creates, edits, moves and deletes does the same on the other page', async () => {
  await ann.order('SY Wanderer', 'Anchor chain', 30);
  await bob.cardIn('pending', '30 × Anchor chain').waitFor();
  assert.equal(await ann.card('Anchor chain').count(), 1);

  const card = bob.card('Anchor chain');
  await card.getByRole('button', { name: 'Edit' }).click();
  await card.getByLabel('Item').fill('Anchor chain, galvanised');
  await card.getByLabel('Quantity').fill('45');
  await card.getByRole('button', { name: 'Save' }).click();
  await ann.cardIn('pending', '45 × Anchor chain, galvanised').waitFor();

  await ann.card('Anchor chain').getByRole('button', { name: 'Mark paid' }).click();
  await bob.cardIn('paid', 'Anchor chain').waitFor();
  assert.equal(await bob.card('Anchor chain').count(), 1);
  await bob.card('Anchor chain').getByRole('button', { name: 'Mark shipped' }).click();
  await ann.cardIn('shipped', 'Anchor chain').waitFor();

  await ann.card('Anchor chain').getByRole('button', { name: 'Delete' }).click();
  await bob.card('Anchor chain').waitFor({ state: 'detached' });
  await ann.card('Anchor chain').waitFor({ state: 'detached' });
});

test('what the server refuses is said, and changes nothing', async () => {
  const customers = ann.page.getByRole('form', { name: 'New order' }).getByLabel('Customer');
  const before = await ann.page.locator('.card').count();
  await ann.order(' ', 'Ballast');
  await ann.page.locator('[data-problem]:visible').waitFor();
  assert.equal(await ann.page.locator('.card').count(), before);
  await customers.fill('');
});

test('after a reconnect a page has what it missed, and is live again', async () => {
  await bob.page.getByRole('button', { name: 'Quay' }).click();
  await bob.message('Back on the quay.').waitFor();
  await bob.disconnect();
  await ann.order('Missed & Found', 'Ensign, 80 cm');
  await ann.card('Ensign').waitFor();
  await ann.say('Bob is gone.');
  await ann.message('Bob is gone.').waitFor();
  assert.equal(await bob.card('Ensign').count(), 0);

  await bob.reconnect();
  await bob.card('Ensign').waitFor();
  await bob.message('Bob is gone.').waitFor();

  await ann.card('Ensign').getByRole('button', { name: 'Mark paid' }).click();
  await bob.cardIn('paid', 'Ensign').waitFor();
  await ann.card('Ensign').getByRole('button', { name: 'Delete' }).click();
  await bob.card('Ensign').waitFor({ state: 'detached' });
  await ann.say('Bob is back.');
  await bob.message('Bob is back.').waitFor();
  assert.equal(await bob.message('Bob is back.').count(), 1);
});

test('the client as an ES module works in the same page', async () => {
  const module = await readFile(new URL('../../framework/client/dist/topsail.io.mjs', import.meta.url), 'utf8');
  await bob.page.route('**/topsail.io.mjs', (route) => route.fulfill({ contentType: 'text/javascript', body: module }));
  const answer = await bob.page.evaluate(async () => {
    const { createIo } = await import('/topsail.io.mjs');
    const io = createIo();
    const orders = await io.socket.get('/order', { limit: 1 });
    io.socket.disconnect();
    return { orders, connected: window.io.socket.isConnected() };
  });
  assert.equal(answer.orders.length, 1);
  assert.equal(answer.connected, true);
});

test('a page whose session is lost goes to the login', async () => {
  await bob.page.context().clearCookies();
  await bob.disconnect();
  await bob.page.evaluate(() => window.io.socket.reconnect());
  await bob.page.getByLabel('Your name').waitFor();
});

test('after a restart of the server a page comes back by itself, and the records are still there', async () => {
  const before = await ann.page.locator('.card').count();
  await app.restart();
  // Sessions are kept in memory: the page finds its way to the login.
  await ann.page.getByLabel('Your name').waitFor();
  await ann.page.getByLabel('Your name').fill('Ann');
  await ann.page.getByRole('button', { name: 'Come aboard' }).click();
  await ann.message('Bob is back.').waitFor();
  await ann.page.locator('.card').nth(before - 1).waitFor();
});

test('leaving in one window leaves in the other: its socket ends with the session', async () => {
  const other = await ann.page.context().newPage();
  await other.goto(app.url);
  await other.locator('.card').first().waitFor();
  await other.locator('form[action="/logout"] button').click();
  await other.getByLabel('Your name').waitFor();
  await ann.page.getByLabel('Your name').waitFor();
});

test('no script of either page has thrown', () => {
  assert.deepEqual([...ann.errors, ...bob.errors], []);
});
