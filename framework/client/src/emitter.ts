/** Any function that can listen to an event. What a payload is, only the app knows. */
export type Listener = (...args: any[]) => void;

/**
 * Calls `fn` so that an exception it throws is reported by the runtime, like one thrown in a timer, but does not keep
 * the caller from its remaining work.
 */
export function callSafely(fn: Listener, ...args: unknown[]): void {
  try {
    fn(...args);
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}

/** Listeners by event name, called in the order in which they were added. */
export class Emitter {
  #listeners = new Map<string, Listener[]>();

  on(event: string, fn: Listener): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), fn]);
  }

  /** Removes one binding of `fn`, or every listener of the event if there is no `fn`. */
  off(event: string, fn?: Listener): void {
    const listeners = this.#listeners.get(event) ?? [];
    const at = fn ? listeners.indexOf(fn) : -1;
    const left = fn ? listeners.filter((_, index) => index !== at) : [];
    if (left.length) {
      this.#listeners.set(event, left);
    } else {
      this.#listeners.delete(event);
    }
  }

  clear(): void {
    this.#listeners.clear();
  }

  /** Lists are replaced, never changed, so a listener may add and remove listeners while it runs. */
  emit(event: string, ...args: unknown[]): void {
    for (const fn of this.#listeners.get(event) ?? []) {
      callSafely(fn, ...args);
    }
  }
}
