import type { SocketOptions } from './options.js';
import { SDK, type SdkInfo } from './sdk.js';
import { SailsSocket } from './socket.js';

/** `io.sails`: the defaults of every socket, and `connect`. */
export interface SailsConfig extends SocketOptions {
  /** Connect `io.socket` once the page is parsed; elsewhere after one turn of the event loop. If `false`, `io.socket` is removed then. */
  autoConnect: boolean;
  /** `production` silences the console. */
  environment: string;
  /** `false` lets options change while a socket is connected; they count at the next `reconnect()`. */
  strict?: boolean;
  readonly sdk: SdkInfo;
  /** A new socket, which begins to connect at once. */
  connect(url?: string | null, options?: SocketOptions): SailsSocket;
  connect(options?: SocketOptions): SailsSocket;
}

/** The client: `io.socket` and `io.sails`. */
export interface Io {
  sails: SailsConfig;
  /** The socket that connects by itself. */
  socket: SailsSocket;
}

/**
 * Makes a client out of `target`, by default a new object.
 *
 * `io.socket` connects after one turn of the event loop, and not before the page has been parsed: until then the scripts
 * that follow in it may change `io.sails`. Where there is no page to take the server from, and no `url`, it waits for
 * `reconnect()`. Throws if `target` is a client already.
 */
export function createIo<T extends object>(config: Partial<SailsConfig> = {}, target = {} as T): T & Io {
  if ('sails' in target) {
    throw new Error('`io` has `io.sails` already: is the client loaded twice?');
  }
  const sails: SailsConfig = {
    autoConnect: true,
    environment: 'development',
    reconnection: true,
    transports: ['websocket'],
    useCORSRouteToGetCookie: true,
    ...config,
    sdk: SDK,
    connect(url?: string | null | SocketOptions, options: SocketOptions = {}): SailsSocket {
      const own = typeof url === 'object' ? { ...(url ?? options) } : { ...options, url: url ?? options.url };
      const socket = new SailsSocket(sails, own);
      socket._connect();
      return socket;
    },
  };
  const socket = new SailsSocket(sails);
  const io = Object.assign(target, { sails, socket });
  socket._mightBeAboutToAutoConnect = true;
  setTimeout(() => onceParsed(() => autoConnect(io, socket)));
  return io;
}

/** Browsers take turns between the scripts of a page, so one turn alone is no time for the next script. */
function onceParsed(then: () => void): void {
  const page = globalThis.document as Document | undefined;
  if (page?.readyState === 'loading') {
    page.addEventListener('DOMContentLoaded', then, { once: true });
  } else {
    then();
  }
}

function autoConnect(io: Io, socket: SailsSocket): void {
  socket._mightBeAboutToAutoConnect = false;
  // The second spelling is one that sails.io.js takes too.
  if (io.sails.autoConnect === false || (io.sails as { autoconnect?: boolean }).autoconnect === false) {
    delete (io as Partial<Io>).socket;
    return;
  }
  const somewhere = io.sails.url || socket.url || globalThis.location;
  if (somewhere && !socket.isConnected() && !socket.isConnecting()) {
    socket._connect();
  }
}
