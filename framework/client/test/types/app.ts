// Compiled, never run: the client as an app's TypeScript sees it.
import { createIo, io as page, Jwr, JwrError, type SailsSocket } from 'topsail.io';
import 'topsail.io/script';

interface User {
  id: number;
  name: string;
}

export async function typed(): Promise<void> {
  const users = await page.socket.get<User[]>('/user', { limit: 3 });
  const first: string | undefined = users[0]?.name;
  const { statusCode, headers, body }: Jwr<User> = await page.socket.post<User>('/user', { name: first }).jwr;
  page.socket.get('/user', (found: User[], jwr) => found.length + jwr.statusCode);
  page.socket.put<User>('/user/1', { name: 'x' }, (user, jwr) => user.id + jwr.body.id);
  const nothing: void = page.socket.delete('/user/1', () => {});
  page.socket.on('user', ({ verb, id }: { verb: string; id: number }) => [verb, id]).off('user');
  await page.socket.request({ method: 'OPTIONS', url: '/user', headers: { a: '1', b: undefined } }).catch((error) => error instanceof JwrError && error.jwr.error);
  await page.socket.request<User[]>({ url: '/user', signal: AbortSignal.timeout(5000) });
  // @ts-expect-error: data is an object
  void page.socket.post('/user', 'text');
  void [statusCode, headers, body, nothing];
}

const own = createIo({ url: 'http://localhost:1337', reconnection: false });
const other: SailsSocket = own.sails.connect('http://localhost:1338', { webSocket: WebSocket, headers: { a: '1' } });
other.timeout = 500;
io.socket.reconnect();
const id: string | undefined = other.id();
void id;
