/** How the pauses between attempts to reconnect grow. Times are in milliseconds. */
export interface Backoff {
  /** The first pause. */
  delay: number;
  /** No pause is longer, whatever the jitter. */
  delayMax: number;
  /** 0 to 1: how far a pause may stray from its nominal length, so that clients do not return all at once. */
  randomizationFactor: number;
}

/** The pause before retry number `retry` (the first is 0): doubling, jittered, capped. */
export function pauseBefore(retry: number, { delay, delayMax, randomizationFactor }: Backoff, random = Math.random()): number {
  const nominal = delay * 2 ** Math.min(retry, 30);
  const jitter = nominal * randomizationFactor * (2 * random - 1);
  return Math.max(0, Math.min(nominal + jitter, delayMax));
}
