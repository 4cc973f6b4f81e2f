// The order board. Orders are created, edited and deleted through the blueprints of `/order`, whose events keep every
// open page in step; a change of status is the app's own action, with an event of its own.
import { complain, copy, part } from './dom.js';
import { ask, on, whenConnected } from './socket.js';

const STATUSES = ['pending', 'paid', 'shipped'];
const STEP = { pending: 'Mark paid', paid: 'Mark shipped' };

/** What is on the board: order and card by id. */
const board = new Map();
const columns = Object.fromEntries(
  STATUSES.map((status) => [status, document.querySelector(`.column[data-status="${status}"]`)]),
);

/** What happens while the orders are still on their way: the list may be older than it. */
let early;

/** Shows an order as it is now, wherever it was before. `changes` may be a part of it. */
function put(id, changes) {
  const entry = board.get(id) ?? { order: { id }, card: makeCard(id) };
  Object.assign(entry.order, changes);
  board.set(id, entry);
  const { order, card } = entry;
  part('item', card).textContent = order.quantity > 1 ? `${order.quantity} × ${order.item}` : order.item;
  part('customer', card).textContent = order.customer;
  part('number', card).textContent = `#${order.id}`;
  part('next', card).textContent = STEP[order.status] ?? '';
  part('next', card).hidden = !STEP[order.status];
  part('back', card).hidden = order.status === STATUSES[0];
  const list = part('cards', columns[order.status] ?? columns[STATUSES[0]]);
  if (card.parentElement !== list) {
    // Newest first, on every page alike.
    list.insertBefore(card, [...list.children].find((other) => Number(other.dataset.id) < id) ?? null);
  }
  count();
}

function drop(id) {
  board.get(id)?.card.remove();
  board.delete(id);
  count();
}

function count() {
  for (const column of Object.values(columns)) {
    part('count', column).textContent = part('cards', column).children.length;
  }
}

function makeCard(id) {
  const card = copy('order-card');
  const editor = part('editor', card);
  const shown = card.querySelector('.shown');
  card.dataset.id = id;

  const edit = (open) => {
    editor.hidden = !open;
    shown.hidden = open;
  };
  const move = async (by) => {
    const status = STATUSES[STATUSES.indexOf(board.get(id).order.status) + by];
    const order = await ask('patch', `/orders/${id}/status`, { status });
    if (order) {
      put(id, order);
    }
  };

  part('next', card).addEventListener('click', () => move(1));
  part('back', card).addEventListener('click', () => move(-1));
  part('edit', card).addEventListener('click', () => {
    const { order } = board.get(id);
    for (const name of ['customer', 'item', 'quantity']) {
      editor.elements.namedItem(name).value = order[name];
    }
    edit(true);
    editor.elements.customer.focus();
  });
  part('cancel', card).addEventListener('click', () => edit(false));
  part('delete', card).addEventListener('click', async () => {
    if (await ask('delete', `/order/${id}`)) {
      drop(id);
    }
  });
  editor.addEventListener('submit', async (event) => {
    event.preventDefault();
    const order = await ask('patch', `/order/${id}`, read(editor));
    if (order) {
      put(id, order);
      edit(false);
    }
  });
  return card;
}

/** The order in a form. */
function read(form) {
  const { customer, item, quantity } = Object.fromEntries(new FormData(form));
  return { customer: customer.trim(), item: item.trim(), quantity: Number(quantity) };
}

part('new-order').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const order = await ask('post', '/order', read(form));
  if (order) {
    put(order.id, order);
    form.reset();
    form.elements.customer.focus();
  }
});

function apply({ verb, id, data }) {
  if (verb === 'created') {
    put(id, data);
  } else if (verb === 'updated' && board.has(id)) {
    put(id, data);
  } else if (verb === 'destroyed') {
    if (board.has(id) && !part('editor', board.get(id).card).hidden) {
      complain('The order you were editing was deleted.');
    }
    drop(id);
  }
}

/** Takes in an event now, or after the list that is on its way. */
function hear(event) {
  early ? early.push(event) : apply(event);
}

// Events of the blueprints: one's own changes come as answers, those of all others as these.
on('order', hear);

// What orders/update-status broadcasts.
on('orderUpdated', (order) => hear({ verb: 'updated', id: order.id, data: order }));

whenConnected(async () => {
  const heard = [];
  early = heard;
  // Finding orders subscribes to them, and to those that are yet to come.
  const [orders] = await Promise.all([
    ask('get', '/order', { limit: 500, sort: 'id DESC' }),
    ask('post', '/orders/subscribe'),
  ]);
  if (early !== heard) {
    return; // reconnected meanwhile
  }
  early = undefined;
  if (!orders) {
    return;
  }
  const present = new Set(orders.map((order) => order.id));
  for (const id of board.keys()) {
    if (!present.has(id)) {
      drop(id);
    }
  }
  for (const order of orders) {
    put(order.id, order);
  }
  heard.forEach(apply);
});
