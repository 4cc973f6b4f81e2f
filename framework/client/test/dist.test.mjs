import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from '../build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const contents = (folder) => Object.fromEntries(fs.readdirSync(folder).sort().map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]));

describe('dist/', () => {
  it('is what src/ builds to (else: npm run build)', async (t) => {
    const fresh = fs.mkdtempSync(path.join(os.tmpdir(), 'topsail-io-'));
    t.after(() => fs.rmSync(fresh, { recursive: true }));
    await build(fresh);
    assert.deepEqual(contents(dist), contents(fresh));
  });

  for (const name of ['topsail.io.js', 'topsail.io.mjs', 'topsail.io.cjs']) {
    it(`has a ${name} of at most 8 kB gzipped`, () => {
      const size = gzipSync(fs.readFileSync(path.join(dist, name)), { level: 9 }).length;
      assert.ok(size <= 8192, `${size} bytes`);
    });
  }

  it('is required as sails.io.js is, with a client of socket.io or without', () => {
    const topsail = createRequire(import.meta.url)('topsail.io');
    const client = () => {};
    const io = topsail(client);
    io.sails.autoConnect = false;
    assert.equal(io, client);
    assert.equal(typeof io.socket.get, 'function');
    assert.throws(() => topsail(client), /twice/);
    const own = topsail();
    own.sails.autoConnect = false;
    assert.deepEqual(Object.keys(own).sort(), ['sails', 'socket']);
    assert.equal(own.sails.sdk.platform, 'node');
  });

  it('has types that a strict app compiles with', () => {
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(process.execPath, [tsc, '-p', path.join(root, 'test', 'types')], { stdio: 'inherit' });
  });
});
