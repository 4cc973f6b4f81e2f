import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

/** An inner module, built on the fly. */
export async function load(name) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL(`../../src/${name}`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
