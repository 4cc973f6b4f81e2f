import type { SailsConfig } from './io.js';

/** The settings that a script tag may have as attributes (or as `data-` attributes, which win), and the types of their values. */
const ATTRIBUTES = {
  autoConnect: 'boolean',
  environment: 'string',
  headers: 'object',
  path: 'string',
  query: 'string',
  randomizationFactor: 'number',
  reconnection: 'boolean',
  reconnectionAttempts: 'number',
  reconnectionDelay: 'number',
  reconnectionDelayMax: 'number',
  timeout: 'number',
  transports: 'array',
  url: 'string',
  useCORSRouteToGetCookie: 'boolean or string',
};

/** The part of `HTMLScriptElement` that is needed. */
export interface ScriptTag {
  readonly src: string;
  getAttribute(name: string): string | null;
}

/** The tag of the script that runs now. */
export function currentScriptTag(): ScriptTag | undefined {
  const page = globalThis.document as Document | undefined;
  const current = page?.currentScript as HTMLScriptElement | null | undefined;
  return current ?? (page && [...page.getElementsByTagName('script')].at(-1));
}

/** The settings in the attributes of a tag. Throws if one has a value that it cannot have. */
export function readAttributes(tag: ScriptTag): Partial<SailsConfig> {
  const config: Record<string, unknown> = {};
  for (const [name, wanted] of Object.entries(ATTRIBUTES)) {
    const text = tag.getAttribute(`data-${name}`) ?? tag.getAttribute(name);
    if (text !== null) {
      const value = read(text, wanted);
      const type = Array.isArray(value) ? 'array' : typeof value;
      if (!wanted.split(' or ').includes(type) || value === null) {
        throw new Error(`The attribute ${name}=${JSON.stringify(text)} of the script tag must be JSON of type ${wanted}.`);
      }
      config[name] = value;
    }
  }
  return config;
}

/** A value is JSON, or else a string; an attribute without a value is `true` where a boolean is wanted. */
function read(text: string, wanted: string): unknown {
  if (text === '' && wanted.startsWith('boolean')) {
    return true;
  }
  try {
    const value: unknown = JSON.parse(text);
    return wanted === 'string' && typeof value !== 'string' ? text : value;
  } catch {
    return text;
  }
}
