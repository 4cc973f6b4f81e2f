/** `promise`, or an error that names what did not happen in time. */
export function within(what, promise, ms = 5000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The arguments of the next `event` of `emitter` (anything with `once`), in time. */
export const next = (emitter, event, ms) => within(`event "${event}"`, new Promise((resolve) => emitter.once(event, (...args) => resolve(args))), ms);
