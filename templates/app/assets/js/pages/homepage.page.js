// The page homepage: shows whether the socket is connected, and a wall of messages that is the same in every window.
'use strict';

(() => {
  const connection = document.querySelector('[data-connection]');
  const form = document.querySelector('[data-wall-form]');
  const problem = document.querySelector('[data-wall-problem]');
  const list = document.querySelector('[data-wall]');
  const csrfToken = document.querySelector('meta[name="csrf-token"]').content;
  const shown = new Set();

  function showConnection(state) {
    connection.dataset.state = state;
    connection.textContent = state;
    form.elements.send.disabled = state !== 'connected';
  }

  // One's own message comes back as an answer, the others' as events, and after a reconnect both again: each is shown once.
  function showMessage(message) {
    if (shown.has(message.id)) {
      return;
    }
    shown.add(message.id);
    const item = document.createElement('li');
    const text = document.createElement('span');
    const time = document.createElement('time');
    text.textContent = message.text;
    time.textContent = new Date(message.createdAt).toLocaleTimeString();
    item.append(text, time);
    list.prepend(item);
  }

  // Finding messages also subscribes this socket to the ones to come.
  function load() {
    showConnection('connected');
    io.socket.get('/message?limit=20&sort=createdAt DESC', (messages, jwr) => {
      if (jwr.statusCode === 200) {
        messages.reverse().forEach(showMessage);
      }
    });
  }

  io.socket.on('message', (event) => {
    if (event.verb === 'created') {
      showMessage(event.data);
    }
  });
  io.socket.on('connect', load);
  io.socket.on('disconnect', () => showConnection('disconnected'));
  if (io.socket.isConnected()) {
    load();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = form.elements.text.value.trim();
    if (!text) {
      return;
    }
    io.socket.post('/message', { text, _csrf: csrfToken }, (body, jwr) => {
      if (jwr.statusCode >= 400) {
        problem.textContent = `That was refused (${jwr.statusCode}).`;
        return;
      }
      problem.textContent = '';
      form.reset();
      showMessage(body);
    });
  });
})();
