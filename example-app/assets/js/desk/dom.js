// What both halves of the desk need to build their part of the page.

/** The one element with this attribute: `part('composer')` is `[data-composer]`. */
export function part(name, within = document) {
  return within.querySelector(`[data-${name}]`);
}

/** A copy of what is in a template. */
export function copy(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

/** Puts a name's first letter and colour into an avatar. */
export function paint(avatar, name) {
  let hue = 0;
  for (const letter of name) {
    hue = (hue * 31 + letter.codePointAt(0)) % 360;
  }
  avatar.textContent = [...name][0]?.toUpperCase() ?? '?';
  avatar.style.setProperty('--hue', hue);
}

let hiding;

/** Says for a while what was refused. */
export function complain(text) {
  const toast = part('problem');
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    toast.hidden = true;
  }, 6000);
}
