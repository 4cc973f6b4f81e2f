declare const process: { versions?: { node?: string } } | undefined;

/**
 * The version of sails.io.js whose wire behaviour this client has. A Sails server refuses virtual requests of clients
 * that announce none, or one below 0.11.
 */
const version = '1.2.1';
const language = 'javascript';
const platform = typeof window === 'undefined' && typeof process === 'object' && process.versions?.node ? 'node' : 'browser';

/** What the client tells the server about itself in the query of the handshake. */
export interface SdkInfo {
  readonly version: string;
  readonly language: string;
  readonly platform: 'node' | 'browser';
  /** The three values as a query string. */
  readonly versionString: string;
}

export const SDK: SdkInfo = {
  version,
  language,
  platform,
  versionString: `__sails_io_sdk_version=${version}&__sails_io_sdk_platform=${platform}&__sails_io_sdk_language=${language}`,
};
