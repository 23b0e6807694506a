// Open packed arrays: base64, gzip, little-endian numbers. Each is opened once, when somebody first looks at it.
import type { Packed } from "./contract";

export type Stored = Int8Array | Uint8Array | Int16Array | Uint16Array | Uint32Array | Float32Array;

export interface Numbers {
  /** Stored steps; value = stored * scale. */
  stored: Stored;
  scale: number;
  shape: number[];
}

const KINDS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
};

const opened = new WeakMap<Packed, Promise<Numbers>>();

export function unpack(packed: Packed): Promise<Numbers> {
  let numbers = opened.get(packed);
  if (!numbers) {
    numbers = open(packed);
    opened.set(packed, numbers);
  }
  return numbers;
}

async function open(packed: Packed): Promise<Numbers> {
  const text = atob(packed.data);
  const squeezed = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) squeezed[at] = text.charCodeAt(at);
  const stream = new Blob([squeezed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(stream).arrayBuffer();
  const stored = new KINDS[packed.dtype](bytes);
  const count = packed.shape.reduce((product, size) => product * size, 1);
  if (stored.length !== count) throw new Error(`packed array holds ${stored.length} numbers, not ${count}`);
  return { stored, scale: packed.scale, shape: packed.shape };
}
