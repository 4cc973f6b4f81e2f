/** What the browser says about the machine's network. */
export interface NetworkObserver {
  online(): void;
  offline(): void;
}

/** Watches the network where the platform tells about it; returns the function that ends the watch. */
export function watchNetwork(observer: NetworkObserver): () => void {
  if (typeof globalThis.addEventListener !== 'function') {
    return () => {};
  }
  const online = () => observer.online();
  const offline = () => observer.offline();
  globalThis.addEventListener('online', online);
  globalThis.addEventListener('offline', offline);
  return () => {
    globalThis.removeEventListener('online', online);
    globalThis.removeEventListener('offline', offline);
  };
}
