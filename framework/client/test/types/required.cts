// Compiled, never run: what a CommonJS module sees.
import topsail = require('topsail.io');

const io = topsail();
io.sails.url = 'http://localhost:1337';
io.socket.get('/user', (users: string[], jwr) => users.length + jwr.statusCode);
const both: { version: string } & { socket: { isConnected(): boolean } } = topsail({ version: '1' });
void both;
