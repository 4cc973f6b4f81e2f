import type { ScriptTag } from './script-tag.js';

/**
 * `production` if the client's script is fetched as `….min.js` or with `#production`, or if the server's page says so
 * in `SAILS_LOCALS._environment`; else `development`.
 */
export function guessEnvironment(tag?: ScriptTag): 'production' | 'development' {
  const locals = (globalThis as { SAILS_LOCALS?: { _environment?: unknown } }).SAILS_LOCALS;
  const live = locals?._environment === 'production' || locals?._environment === 'staging';
  return live || /#production|\.min\.js/.test(tag?.src ?? '') ? 'production' : 'development';
}
