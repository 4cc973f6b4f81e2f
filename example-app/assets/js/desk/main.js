// The desk: a chat and an order board on one connection.
import { paint } from './dom.js';
import './chat.js';
import './orders.js';

const avatar = document.querySelector('[data-avatar]');
paint(avatar, avatar.dataset.avatar);
