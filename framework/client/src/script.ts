import { guessEnvironment } from './environment.js';
import { createIo, type Io } from './io.js';
import { currentScriptTag, readAttributes } from './script-tag.js';

declare global {
  /** Defined by the classic script. If socket.io's own client was loaded before, the same `io` with `sails` and `socket` added. */
  var io: Io;
}

// An element of the page with `id="io"` is a global `io` too, and none of ours.
const present = globalThis.io as Io | undefined;
const target = typeof present === 'function' || present?.sails ? present : undefined;
const tag = currentScriptTag();
globalThis.io = createIo({ environment: guessEnvironment(tag), ...(tag && readAttributes(tag)) }, target);
