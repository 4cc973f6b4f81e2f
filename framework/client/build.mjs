// Builds dist/: the classic script, the ES module, what `require` gets, and the types.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = path.dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

const REQUIRE_TYPES = `type Io = import('./io.js', { with: { 'resolution-mode': 'import' } }).Io;
/** Makes a client out of \`io\`, by default a new object: \`const io = require('topsail.io')()\`. */
declare function topsail<T extends object = object>(io?: T): T & Io;
export = topsail;
`;

/** Writes everything that dist/ holds into the folder `out`; writes nothing if a type is wrong. */
export async function build(out) {
  const types = fs.mkdtempSync(path.join(os.tmpdir(), 'topsail-io-types-'));
  try {
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(process.execPath, [tsc, '-p', root, '--emitDeclarationOnly', '--stripInternal', '--outDir', types], { stdio: 'inherit' });
    fs.rmSync(out, { recursive: true, force: true });
    fs.mkdirSync(out, { recursive: true });
    for (const name of reachable(types, ['index.d.ts', 'script.d.ts'])) {
      fs.copyFileSync(path.join(types, name), path.join(out, name));
    }
  } finally {
    fs.rmSync(types, { recursive: true });
  }
  const common = {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: `/*! topsail.io.js ${version} | MIT | https://github.com/topsail-rs/topsail */` },
  };
  await esbuild.build({ ...common, entryPoints: ['src/script.ts'], format: 'iife', outfile: path.join(out, 'topsail.io.js') });
  await esbuild.build({ ...common, entryPoints: ['src/index.ts'], format: 'esm', outfile: path.join(out, 'topsail.io.mjs') });
  await esbuild.build({
    ...common,
    entryPoints: ['src/require.ts'],
    format: 'cjs',
    footer: { js: 'module.exports=module.exports.default;' },
    outfile: path.join(out, 'topsail.io.cjs'),
  });
  // tsc writes declarations for ES modules only; this one is for the function itself.
  fs.writeFileSync(path.join(out, 'require.d.cts'), REQUIRE_TYPES);
}

/** The declaration files that `entries` need: those of the inner modules are nobody's business. */
function reachable(folder, entries) {
  const found = new Set(entries);
  for (const name of found) {
    for (const [, needed] of fs.readFileSync(path.join(folder, name), 'utf8').matchAll(/from '\.\/(.+?)\.js'/g)) {
      found.add(`${needed}.d.ts`);
    }
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build(path.join(root, 'dist'));
}
