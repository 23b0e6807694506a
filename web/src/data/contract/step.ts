// The page-data contract. Written by web/contract.py from rnnscope.report; do not edit by hand.

import type { Packed } from "./base";

/** How a gate sees the memory. */
export interface Peephole {
  gate: string;
  /** [cell] where each cell sees only itself, [cell, cell] where each sees all. */
  weight: Packed;
}

/** The parameters of one layer; the rows of a block stand together, in the order of `blocks`. */
export interface Weights {
  /** [block * cell, input]: inputs are the passage's table of symbols in the lowest layer, else the cells below. */
  input: Packed;
  /** [block * cell, cell] */
  recurrent: Packed;
  /** [block * cell] */
  bias_input: Packed;
  /** [block * cell] */
  bias_recurrent: Packed;
  peepholes: Peephole[];
}

/** How much the loss of the next symbol would feel a change of one state, by how long ago the state was. */
export interface StateGradient {
  state: string;
  /** [layer, distance, position] decimal logarithm of the norm of d loss / d state; distance 0 is the state at the position, and the loss is that of the symbol after it. */
  log10_norm: Packed;
}

/** What one step of a network is made of. */
export interface Anatomy {
  states: string[];
  /** What each block of rows of the weights computes. */
  blocks: string[];
  /** In the order of computation: `@` is the matrix product, `*` element by element, a prime marks what enters. */
  equations: string[];
  /** Which share of the old memory stays, as an expression; null where no gate decides that. */
  keep: string | null;
  /** By layer; empty where the network has too many. */
  weights: Weights[];
  /** Why there are no weights. */
  why: string | null;
  gradients: StateGradient[];
}
