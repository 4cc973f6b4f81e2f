/** Tells the developer at the console what happens to a socket; silent in production. */
export class Log {
  #silent: () => boolean;

  constructor(silent: () => boolean) {
    this.#silent = silent;
  }

  info(...what: unknown[]): void {
    if (!this.#silent()) {
      console.log('topsail:', ...what);
    }
  }

  warn(...what: unknown[]): void {
    if (!this.#silent()) {
      console.warn('topsail:', ...what);
    }
  }
}
