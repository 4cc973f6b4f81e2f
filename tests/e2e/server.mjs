// Starts an app's binary on a free port of the loopback interface and waits until it listens.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

export async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

function program(binary) {
  return join(process.env.TOPSAIL_TARGET ?? join(ROOT, 'target'), 'debug', binary);
}

// What an app says that does not lift with these flags.
export async function refused(...flags) {
  const child = spawn(program('conformance-app'), ['--port=0', '--explicit_host=127.0.0.1', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const code = await new Promise((done) => child.on('close', done));
  clearTimeout(timer);
  if (code !== 1) throw new Error(`it lifts with ${flags}, or hangs: ${code}\n${text}`);
  return text;
}

export async function start({ binary = 'conformance-app', flags = [], port } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'topsail-e2e-'));
  port ??= await freePort();
  const child = spawn(
    program(binary),
    [`--port=${port}`, '--explicit_host=127.0.0.1', `--datastores.default.url=sqlite://${folder}/test.db`, ...flags],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output = { text: '' };
  child.stdout.on('data', (chunk) => (output.text += chunk));
  child.stderr.on('data', (chunk) => (output.text += chunk));
  const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
  const base = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 20_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${binary} ended with ${child.exitCode}:\n${output.text}`);
    try {
      await fetch(`${base}/test/ping`);
      break;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${binary} does not listen: ${error}\n${output.text}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  return {
    base,
    port,
    pid: child.pid,
    output,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const how = await ended;
      await rm(folder, { recursive: true, force: true });
      return how;
    },
  };
}
