// The example app as a process of its own, on a free port and with a database of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BINARY = process.env.EXAMPLE_APP ?? join(ROOT, 'target', 'debug', 'example-app');

/** How long anything may take. */
export const DEADLINE = 15_000;

/** Starts the app; `url` is its address, `restart()` and `stop()` end it. Build it before: `cargo build -p example-app`. */
export async function startApp() {
  const folder = await mkdtemp(join(tmpdir(), 'example-app-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const database = `sqlite://${join(folder, 'test.db')}`;
  let running;
  try {
    running = await lift(database, 0);
  } catch (error) {
    await remove();
    throw error;
  }
  const { url } = running;
  return {
    url,
    async restart() {
      await running.lower();
      running = await lift(database, new URL(url).port);
    },
    async stop() {
      await running.lower();
      await remove();
    },
  };
}

async function lift(database, port) {
  const child = spawn(
    BINARY,
    [`--port=${port}`, '--explicit-host=127.0.0.1', `--datastores.default.url=${database}`, '--log.level=warn'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const url = new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      const found = /Local\s*: (http:\S+)/.exec(output);
      if (found) {
        resolve(found[1]);
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (cause) =>
      reject(new Error(`${BINARY} cannot be run; build it with: cargo build -p example-app`, { cause })),
    );
    child.once('close', (code) => reject(new Error(`the app ended with ${code}:\n${output}`)));
  });
  const closed = new Promise((resolve) => {
    child.once('close', resolve);
    child.once('error', resolve);
  });
  const lower = async () => {
    child.kill('SIGTERM');
    await closed;
  };
  const late = setTimeout(() => child.kill('SIGKILL'), DEADLINE);
  try {
    return { url: await url, lower };
  } finally {
    clearTimeout(late);
  }
}
