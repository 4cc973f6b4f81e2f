/** Stands in the JSON of a packet for the binary frame number `num` that follows it. */
interface Placeholder {
  _placeholder: true;
  num: number;
}

/** What a WebSocket sends as a binary frame; a `File` is a `Blob`. */
export type Bytes = ArrayBuffer | ArrayBufferView<ArrayBuffer> | Blob;

const isBytes = (value: unknown): value is Bytes =>
  value instanceof ArrayBuffer || ArrayBuffer.isView(value) || (typeof Blob === 'function' && value instanceof Blob);

const isPlaceholder = (value: unknown): value is Placeholder =>
  typeof value === 'object' && value !== null && (value as Placeholder)._placeholder === true;

/** JSON of `value` in which each run of bytes is a placeholder, and those bytes in order. */
export function takeApart(value: unknown): { text: string; frames: Bytes[] } {
  const frames: Bytes[] = [];
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key: string, seen: unknown): unknown {
    // `seen` has been through `toJSON`, which Node's Buffer has: the holder still has the bytes.
    const original = this[key];
    return isBytes(original) ? { _placeholder: true, num: frames.push(original) - 1 } : seen;
  });
  return { text, frames };
}

/** The reverse of `takeApart`. Throws on invalid JSON and on a placeholder without a frame. */
export function putTogether(text: string, frames: ArrayBuffer[]): unknown {
  if (!frames.length) {
    return JSON.parse(text);
  }
  return JSON.parse(text, (_key, value: unknown) => {
    if (!isPlaceholder(value)) {
      return value;
    }
    const frame = frames[value.num];
    if (!frame) {
      throw new Error(`no binary frame ${value.num}`);
    }
    return frame;
  });
}
