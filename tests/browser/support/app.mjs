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

/** Starts the app; gives its address and the function that stops it. Build it before: `cargo build -p example-app`. */
export async function startApp() {
  const folder = await mkdtemp(join(tmpdir(), 'example-app-'));
  const child = spawn(
    BINARY,
    ['--port=0', '--explicit-host=127.0.0.1', `--datastores.default.url=sqlite://${join(folder, 'test.db')}`, '--log.level=warn'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const ended = new Promise((resolve) => child.once('close', resolve));

  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the app did not lift in time:\n${output}`)), DEADLINE);
      const read = (chunk) => {
        output += chunk;
        const found = /Local\s*: (http:\S+)/.exec(output);
        if (found) {
          clearTimeout(late);
          resolve(found[1]);
        }
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('error', (error) => {
        clearTimeout(late);
        reject(new Error(`${BINARY} cannot be run; build it with: cargo build -p example-app`, { cause: error }));
      });
      child.once('exit', (code) => {
        clearTimeout(late);
        reject(new Error(`the app ended with ${code}:\n${output}`));
      });
    });
    return { url, stop, output: () => output };
  } catch (error) {
    if (child.pid) {
      await stop();
    }
    throw error;
  }
}
