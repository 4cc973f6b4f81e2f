// A browser that is installed, and people who use the app in it, each with cookies of their own.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { DEADLINE } from './app.mjs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];

/** Starts Chromium: the one in `CHROMIUM`, or where systems have it; with more flags if need be. */
export async function startBrowser(...flags) {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (!executablePath) {
    throw new Error(`there is no Chromium at ${PLACES.join(', ')}; name one in the environment variable CHROMIUM`);
  }
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', ...flags] });
}

/** Someone at a page of their own: logs in and waits until the desk is live. */
export async function comeAboard(browser, url, name) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  const errors = [];
  page.on('pageerror', (error) => errors.push(error));
  await page.goto(url);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Come aboard' }).click();
  await page.locator('[data-connection][data-state="live"]').waitFor();
  await page.locator('[data-messages][data-room]').waitFor();
  await page.locator('.card').first().waitFor();
  return new Person(name, page, errors);
}

class Person {
  constructor(name, page, errors) {
    this.name = name;
    this.page = page;
    /** What the page's scripts threw. */
    this.errors = errors;
  }

  /** The card of an order, by what it says. */
  card(text) {
    return this.page.locator('.card').filter({ hasText: text });
  }

  /** The same card, where it lies in this column. */
  cardIn(status, text) {
    return this.page.locator(`.column[data-status="${status}"] .card`).filter({ hasText: text });
  }

  message(text) {
    return this.page.locator('.message').filter({ hasText: text });
  }

  async say(text) {
    await this.page.getByLabel('Your message').fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  async order(customer, item, quantity = 1) {
    const form = this.page.getByRole('form', { name: 'New order' });
    await form.getByLabel('Customer').fill(customer);
    await form.getByLabel('Item').fill(item);
    await form.getByLabel('Quantity').fill(String(quantity));
    await form.getByRole('button', { name: 'Add order' }).click();
  }

  /** Loses the connection, as with a closed lid; `reconnect` opens it. */
  async disconnect() {
    await this.page.evaluate(() => window.io.socket.disconnect());
    await this.page.locator('[data-connection][data-state="offline"]').waitFor();
  }

  async reconnect() {
    await this.page.evaluate(() => window.io.socket.reconnect());
    await this.page.locator('[data-connection][data-state="live"]').waitFor();
  }
}
