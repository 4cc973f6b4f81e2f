// The chat. Rooms are records, opened through the blueprint of `/room`; what is said in them goes through actions that
// join a room of sockets and broadcast to everyone else in it.
import { copy, paint, part } from './dom.js';
import { ask, on, whenConnected } from './socket.js';

const me = Number(part('me').dataset.me);
const rooms = part('rooms');
const messages = part('messages');
const composer = part('composer');
const typing = part('typing');

/** How long someone counts as typing, and how often that is told. */
const TYPING = 3000;

let current;
/** What is said while the history is still on its way. */
let early;
/** The ids of the messages on the page: each is shown once, whichever way it comes. */
const shown = new Set();
/** Who is typing: a timer by name. */
const typists = new Map();
/** When the others last heard that one is typing. */
let lastTold = 0;

function showRoom(room) {
  let button = rooms.querySelector(`[data-room="${room.id}"]`);
  if (!button) {
    button = document.createElement('button');
    button.type = 'button';
    button.className = 'room';
    button.dataset.room = room.id;
    button.textContent = room.name;
    button.addEventListener('click', () => enter(room.id));
    rooms.append(button);
  }
  button.setAttribute('aria-pressed', String(room.id === current));
}

/** Goes from the room one is in to another. */
async function enter(id) {
  if (id === current) {
    return;
  }
  if (current !== undefined) {
    ask('post', `/chat/${current}/leave`);
  }
  await join(id);
  composer.elements.text.focus();
}

async function join(id) {
  current = id;
  sessionStorage.setItem('room', id);
  for (const button of rooms.children) {
    button.setAttribute('aria-pressed', String(button.dataset.room === String(id)));
  }
  const heard = [];
  early = heard;
  const answer = await ask('post', `/chat/${id}/join`);
  if (early !== heard) {
    return; // gone on to another room, or joined anew
  }
  early = undefined;
  if (!answer) {
    return;
  }
  part('topic').textContent = answer.room.topic;
  messages.replaceChildren();
  shown.clear();
  forgetTypists();
  [...answer.messages, ...heard].forEach(showMessage);
  messages.dataset.room = id;
}

function showMessage(message) {
  if (shown.has(message.id)) {
    return;
  }
  shown.add(message.id);
  const line = copy('message-line');
  const name = message.author?.name ?? 'someone';
  line.classList.toggle('mine', message.author?.id === me);
  paint(line.querySelector('.avatar'), name);
  part('by', line).textContent = name;
  part('text', line).textContent = message.text;
  const time = new Date(message.createdAt);
  part('time', line).dateTime = time.toISOString();
  part('time', line).textContent = time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  append(line);
}

function notice(text) {
  const line = document.createElement('li');
  line.className = 'notice-line quiet';
  line.textContent = text;
  append(line);
}

/** Adds a line, and keeps the last one in sight unless someone is reading further up. */
function append(line) {
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 60;
  messages.append(line);
  if (atEnd) {
    messages.scrollTop = messages.scrollHeight;
  }
}

function showTypists() {
  const names = [...typists.keys()];
  typing.textContent = names.length ? `${names.join(', ')} ${names.length > 1 ? 'are' : 'is'} typing…` : '';
}

function forgetTypist(name) {
  clearTimeout(typists.get(name));
  typists.delete(name);
  showTypists();
}

function forgetTypists() {
  [...typists.keys()].forEach(forgetTypist);
}

on('said', (message) => {
  if (message.room === current) {
    forgetTypist(message.author?.name);
    early ? early.push(message) : showMessage(message);
  }
});
on('joined', ({ room, user }) => room === current && user.id !== me && notice(`${user.name} joined`));
on('left', ({ room, user }) => room === current && user.id !== me && notice(`${user.name} left`));
on('typing', ({ room, user }) => {
  if (room === current && user.id !== me) {
    clearTimeout(typists.get(user.name));
    typists.set(user.name, setTimeout(() => forgetTypist(user.name), TYPING));
    showTypists();
  }
});
on('room', ({ verb, data }) => verb === 'created' && showRoom(data));

composer.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { text } = composer.elements;
  const said = text.value.trim();
  if (!said || current === undefined) {
    return;
  }
  text.value = '';
  lastTold = 0;
  const message = await ask('post', `/chat/${current}/messages`, { text: said });
  if (!message) {
    text.value ||= said;
  } else if (message.room === current) {
    early ? early.push(message) : showMessage(message);
    messages.scrollTop = messages.scrollHeight;
  }
});

composer.addEventListener('input', () => {
  const now = Date.now();
  if (current !== undefined && now - lastTold > TYPING / 2) {
    lastTold = now;
    ask('post', `/chat/${current}/typing`);
  }
});

part('new-room').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const room = await ask('post', '/room', { name: form.elements.name.value.trim() });
  if (room) {
    form.reset();
    showRoom(room);
    enter(room.id);
  }
});

whenConnected(async () => {
  const found = await ask('get', '/room', { limit: 200, sort: 'id ASC' });
  if (!found) {
    return;
  }
  found.forEach(showRoom);
  const wanted = current ?? Number(sessionStorage.getItem('room'));
  const room = found.find((one) => one.id === wanted) ?? found[0];
  if (room) {
    await join(room.id);
  }
});
