/**
 * Gets a session cookie from `origin`, if the page is of another origin and this is wanted (`true`: from
 * `/__getcookie`). So a socket there has the session that HTTP requests to there have.
 *
 * Never rejects: without the cookie the socket has a session of its own. (sails.io.js waits for ever.)
 */
export async function getCookie(origin: string, wanted: boolean | string, timeout: number): Promise<void> {
  const page = globalThis.location as Location | undefined;
  if (!page || !wanted || page.origin === origin) {
    return;
  }
  const path = wanted === true ? '/__getcookie' : wanted;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeout);
  try {
    await fetch(origin + path, { mode: 'no-cors', credentials: 'include', cache: 'no-store', signal: abort.signal });
  } catch {
    // The connection itself will tell if the server is away.
  } finally {
    clearTimeout(timer);
  }
}
