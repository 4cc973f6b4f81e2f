// The connection to the server: one way to ask, and one way to begin anew after each (re)connection.
import { complain, part } from './dom.js';

const { socket } = window.io;

// Without the token the server refuses everything that changes something.
socket.headers = { 'x-csrf-token': document.querySelector('meta[name="csrf-token"]').content };

/** Listens to an event of the server. */
export function on(event, listener) {
  socket.on(event, listener);
}

/** Asks the server; gives the body of its answer, or nothing if it refused, after saying so. */
export async function ask(method, url, data) {
  const { statusCode, body } = await socket.request({ method, url, data }).jwr;
  if (statusCode >= 200 && statusCode < 300) {
    return body;
  }
  if (statusCode === 403) {
    // The session has ended, in another window or with a restart of the server.
    location.assign('/login');
  } else if (statusCode === 0) {
    complain('The connection was lost before the server answered.');
  } else {
    complain(reason(body) ?? `The server refused that (${statusCode}).`);
  }
  return undefined;
}

/** What a refusal says for people. */
function reason(body) {
  if (typeof body === 'string') {
    return body;
  }
  return body?.problems?.[0] ?? body?.message;
}

/** Runs now or as soon as there is a connection, and again after each reconnection: rooms and subscriptions do not outlive it. */
export function whenConnected(start) {
  socket.on('connect', start);
  if (socket.isConnected()) {
    start();
  }
}

function show(state) {
  const connection = part('connection');
  connection.dataset.state = state;
  connection.textContent = state;
}

whenConnected(() => show('live'));
socket.on('disconnect', (reason) => {
  show('offline');
  if (reason === 'io server disconnect') {
    // Sent away, as after a logout in another window; the client leaves it at that. Who is still logged in comes back.
    socket.reconnect();
  }
});
socket.on('reconnecting', () => show('reconnecting'));
