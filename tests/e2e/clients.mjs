// The clients that the tests drive, behind one small face: request, on, close.
import { createRequire } from 'node:module';
import WebSocket from 'ws';

const require = createRequire(import.meta.url);
const DEADLINE = 5_000;

export function within(promise, what, ms = DEADLINE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// A socket that is refused is not left trying.
async function connected(socket, what) {
  const outcome = new Promise((done, fail) => {
    socket.on('connect', done);
    socket.on('connect_error', (error) => fail(Object.assign(new Error(`connect_error: ${error?.message ?? error}`), { error })));
  });
  try {
    await within(outcome, what);
  } catch (error) {
    (socket._raw ?? socket).disconnect?.();
    throw error;
  }
}

// Collects events and lets a test await the nth.
function inbox(subscribe) {
  const events = [];
  const waiting = [];
  subscribe((name, data) => {
    events.push({ name, data });
    for (const wake of waiting.splice(0)) wake();
  });
  return {
    events,
    async until(count) {
      while (events.length < count) {
        await within(new Promise((done) => waiting.push(done)), `${count} events, got ${JSON.stringify(events)}`);
      }
      return events;
    },
  };
}

function face(request, on, close) {
  return {
    request,
    get: (url, data) => request('get', url, data),
    post: (url, data) => request('post', url, data),
    put: (url, data) => request('put', url, data),
    patch: (url, data) => request('patch', url, data),
    delete: (url, data) => request('delete', url, data),
    listen: (...names) => inbox((push) => names.forEach((name) => on(name, (data) => push(name, data)))),
    close,
  };
}

// The unmodified sails.io.js over the socket.io-client that it is made for.
let augmented;
export async function sails(base, options = {}) {
  augmented ??= require('sails.io.js')(require('socket.io-client-2'));
  const io = augmented;
  io.sails.autoConnect = false;
  io.sails.environment = 'production';
  io.sails.url = base;
  const socket = io.sails.connect(base, { transports: ['websocket'], multiplex: false, ...options });
  await connected(socket, 'sails.io.js connects');
  const request = (method, url, data) =>
    within(
      new Promise((done) => socket.request({ method, url, data }, (body, jwr) => done({ ...jwr, body }))),
      `${method} ${url}`,
    );
  return Object.assign(face(request, (name, f) => socket.on(name, f), () => socket.disconnect()), { socket, io });
}

// Plain socket.io-client 4, Engine.IO 4.
export const plain = (base, options) => stock(require('socket.io-client').io, base, options);

// Plain socket.io-client 2, Engine.IO 3.
export const plain2 = (base, options) => stock(require('socket.io-client-2'), base, options);

async function stock(io, base, { query = {}, ...options } = {}) {
  const socket = io(base, {
    transports: ['websocket'],
    forceNew: true,
    query: { __sails_io_sdk_version: '1.2.1', ...query },
    ...options,
  });
  await connected(socket, 'socket.io-client connects');
  const request = (method, url, data, headers) =>
    within(new Promise((done) => socket.emit(method, { method, url, data, headers }, done)), `${method} ${url}`);
  return Object.assign(face(request, (name, f) => socket.on(name, f), () => socket.disconnect()), { socket });
}

// Our own client.
export async function topsail(base, options = {}) {
  const { createIo } = await import('../../framework/client/dist/topsail.io.mjs');
  const io = createIo({ webSocket: WebSocket, autoConnect: false });
  const socket = io.sails.connect(base, options);
  await connected(socket, 'our client connects');
  const request = async (method, url, data) => {
    const jwr = await within(
      new Promise((done) => socket.request({ method, url, data }, (body, jwr) => done(jwr))),
      `${method} ${url}`,
    );
    return { body: jwr.body, statusCode: jwr.statusCode, headers: jwr.headers };
  };
  return Object.assign(face(request, (name, f) => socket.on(name, f), () => socket.disconnect()), { socket });
}

export const kinds = { 'sails.io.js 1.2.1': sails, 'socket.io-client 4': plain, 'topsail.io.js': topsail };
