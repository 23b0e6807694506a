// A passage as the heat map reads it: text and expectations opened at once, quantities layer by layer.
import type { ByteGroup, Passage, Quantity, Symbol } from "./contract";
import { type Numbers, unpack } from "./unpack";

export interface OpenPassage {
  source: Passage;
  length: number;
  ids: ArrayLike<number>;
  /** log p of each symbol in nats; NaN where the network has no output. */
  logProbNats: ArrayLike<number>;
  /** Expectations a position carries; 0 where the network has no output. */
  ranks: number;
  nextIds: ArrayLike<number>;
  nextProbs: Numbers;
  /** For each position the group of bytes it belongs to, or null. */
  groupAt: (ByteGroup | null)[];
}

export async function openPassage(source: Passage): Promise<OpenPassage> {
  const [ids, logProb, nextIds, nextProbs] = await Promise.all(
    [source.ids, source.log_prob_nats, source.next_ids, source.next_probs].map(unpack),
  );
  const length = ids.stored.length;
  const groupAt = new Array<ByteGroup | null>(length).fill(null);
  for (const group of source.groups) groupAt.fill(group, group.start, group.start + group.length);
  const ranks = nextIds.shape[1] ?? 0;
  return {
    source, length, ids: ids.stored, logProbNats: logProb.stored, ranks, nextIds: nextIds.stored, nextProbs, groupAt,
  };
}

export const symbolAt = (passage: OpenPassage, position: number): Symbol =>
  passage.source.symbols[passage.ids[position]];

export interface Expectation {
  symbol: Symbol;
  probability: number;
}

/** What the network expects after `position`, most likely first. */
export function expectations(passage: OpenPassage, position: number): Expectation[] {
  return Array.from({ length: passage.ranks }, (_, rank) => {
    const at = position * passage.ranks + rank;
    return {
      symbol: passage.source.symbols[passage.nextIds[at]],
      probability: passage.nextProbs.stored[at] * passage.nextProbs.scale,
    };
  });
}

/** Quantities of one layer that are open, each [cell, position]. */
export interface OpenLayer {
  layer: number;
  quantities: Map<string, Numbers>;
}

export async function openLayer(passage: Passage, layer: number, quantities = passage.quantities): Promise<OpenLayer> {
  const numbers = await Promise.all(quantities.map((quantity) => unpack(quantity.layers[layer])));
  return { layer, quantities: new Map(quantities.map((quantity, index) => [quantity.name, numbers[index]])) };
}

/** The stored steps of one cell along the passage; a view, nothing is copied. */
export function cellSteps(numbers: Numbers, cell: number): Numbers["stored"] {
  const length = numbers.shape[1];
  return numbers.stored.subarray(cell * length, (cell + 1) * length);
}

export const cellsOf = (quantity: Quantity, layer: number): number => quantity.layers[layer].shape[0];
