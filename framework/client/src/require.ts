import { guessEnvironment } from './environment.js';
import { createIo, type Io } from './io.js';

/**
 * What `require('topsail.io')` gives, called as `require('sails.io.js')` is: with an `io` to add `sails` and `socket` to.
 * A client of socket.io may be given for the sake of old code; it is not used.
 */
export default function topsail<T extends object>(io?: T): T & Io {
  return createIo({ environment: guessEnvironment() }, io);
}
