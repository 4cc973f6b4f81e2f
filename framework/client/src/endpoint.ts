import type { SocketOptions } from './options.js';
import { SDK } from './sdk.js';

/** The origin that a socket talks to: the one it names, or the page's. Throws if there is none. */
export function serverOrigin(url: string | undefined): string {
  const page = globalThis.location as Location | undefined;
  const given = url || page?.origin;
  if (!given || given === 'null') {
    throw new Error('No server to connect to: set `io.sails.url`, as in "http://localhost:1337".');
  }
  const scheme = /^[a-z]+:\/\//i.test(given) ? '' : `${page?.protocol ?? 'http:'}${given.startsWith('//') ? '' : '//'}`;
  let parsed;
  try {
    parsed = new URL(scheme + given);
  } catch {
    throw new Error(`\`url\` is ${JSON.stringify(url)}, which is not a URL.`);
  }
  if (parsed.pathname !== '/') {
    throw new Error(`\`url\` is ${JSON.stringify(url)}: name only the server in it, and put ${parsed.pathname} into \`path\`.`);
  }
  return `${parsed.protocol.replace(/^ws/, 'http')}//${parsed.host}`;
}

/** The URL of the handshake. */
export function handshakeUrl(origin: string, { path = '/socket.io', query = '' }: SocketOptions): string {
  if (typeof query !== 'string') {
    throw new Error('`query` must be a string like "a=1&b=2".');
  }
  const own = query.replace(/^\?/, '');
  const at = `/${path.replace(/^\/+|\/+$/g, '')}/`;
  return `${origin.replace(/^http/, 'ws')}${at}?EIO=4&transport=websocket&${own && `${own}&`}${SDK.versionString}`;
}
