type Io = import('./io.js', { with: { 'resolution-mode': 'import' } }).Io;
/** Makes a client out of `io`, by default a new object: `const io = require('topsail.io')()`. */
declare function topsail<T extends object = object>(io?: T): T & Io;
export = topsail;
