// The page-data contract. Written by web/contract.py from rnnscope.report; do not edit by hand.

import type { Packed, Symbol } from "./base";

/** How well a linear reading of some cells predicts a feature, on text that it was not fitted on. */
export interface Probe {
  /** How many; null for all. */
  cells: number | null;
  score: number | null;
  /** The same reading of labels drawn at random for each pair of symbols. */
  control: number | null;
}

/** A feature that was searched for. */
export interface Hypothesis {
  name: string;
  /** Its definition. */
  words: string;
  /** Why it says nothing about this text. */
  why_not: string | null;
  probes: Probe[];
}

/** One cell. */
export interface CellName {
  layer: number;
  cell: number;
}

/** What changing the cell did to the predictions that the feature declares. */
export interface Intervention {
  effect_bits: number;
  interval_bits: [number, number];
  write_bits: number | null;
  erase_bits: number | null;
  elsewhere_bits: number | null;
  /** By quantile of the values put in, lowest first. */
  quantile_bits: number[];
  /** Of comparable cells, the largest size first. */
  matched_bits: number[];
  moments: number;
  /** After correction for all claims that were tested. */
  chance: number;
  /** Why it is not causal; empty if it is. */
  why_not: string;
}

/** Mean change of the log-odds when the cell is held at a value. */
export interface Clamped {
  name: string;
  holds_bits: number | null;
  fails_bits: number | null;
}

/** Score and effect at some distances from the opener. */
export interface Distance {
  low: number;
  high: number;
  cases: number;
  few: boolean;
  score: number | null;
  effect_bits: number | null;
  moments: number;
}

/** One test of a claim. */
export interface Check {
  name: string;
  passed: boolean;
}

/** A cell and a feature, with what was tested. */
export interface Claim {
  layer: number;
  cell: number;
  quantity: string;
  feature: string;
  verdict: "observed" | "confirmed" | "causal";
  /** Score on the part on which the cell was found. */
  discovered: number | null;
  /** On the part on which it was tested, like all below. */
  score: number | null;
  interval: [number, number] | null;
  /** The same from blocks twice as long. */
  doubled: [number, number] | null;
  /** The largest score of all candidates under shifts (99 % quantile). */
  shifted: number | null;
  /** The largest score of any cell of the untrained networks. */
  untrained: number | null;
  /** The same of networks with permuted weights. */
  permuted: number | null;
  /** Score within classes of the last two symbols. */
  within: number | null;
  /** Score of what 20 symbols do not explain. */
  rest: number | null;
  /** What a linear model of 20 symbols scores for the feature itself. */
  recent: number | null;
  /** Family-wise probability of the score under shifts. */
  chance: number | null;
  /** Those of confirmation, in their order; one that does not apply is not there. */
  checks: Check[];
  intervention: Intervention | null;
  clamps: Clamped[];
  /** Cells that stand in for this one. */
  redundant: CellName[];
  /** Symbols from the opener up to which it holds; null where that was not measured. */
  holds_to: number | null;
  distances: Distance[];
  notes: string[];
}

/** How often values of a cell occur, by label; bins of equal width. */
export interface Histogram {
  feature: string;
  quantity: string;
  low: number;
  high: number;
  labels: string[];
  counts: number[][];
}

/** One quantity of a cell over its passages. */
export interface Trace {
  name: string;
  kind: "signed" | "gate" | "cell";
  meaning: string;
  /** [passage, position] */
  values: Packed;
}

/** Passages in which a cell is shown, and how its values are spread. */
export interface Exhibit {
  layer: number;
  cell: number;
  /** By which the passages were chosen. */
  quantity: string;
  sign: "-1" | "1";
  /** The first claim; null for the cell that follows no feature. */
  feature: string | null;
  kinds: ("top" | "median" | "random")[];
  /** Of each passage in the text. */
  starts: number[];
  /** [passage, position] index into the symbols. */
  ids: Packed;
  /** [passage, position] the feature; NaN where it is not defined. */
  track: Packed | null;
  traces: Trace[];
  histograms: Histogram[];
}

/** One panel of Figure 2 of Karpathy, Johnson and Fei-Fei (2015), with what this network has for it. */
export interface Panel {
  title: string;
  /** What the paper's panel shows. */
  paper: string;
  /** What there is here, in a sentence or two. */
  said: string;
  /** Hypotheses that say it. */
  features: string[];
  /** The strongest claim, as its place in the list; null where there is none. */
  claim: number | null;
  /** What is shown; a cell that is not a tracker is shown all the same. */
  cell: CellName | null;
}

/** What one search found in one network. */
export interface Cells {
  run: string;
  /** Which text was searched. */
  what: string;
  network: string;
  /** Symbols over which training carried gradients back. */
  steps: number;
  seed: number;
  /** Numbers that were searched: h, and c where there is one, of every cell. */
  columns: number;
  /** Networks without training that served as a bar. */
  untrained: number;
  shifts: number;
  /** Pairs of cell and feature that were changed. */
  tested: number;
  /** Sizes of the three parts, in words. */
  parts: string[];
  /** The strongest first. */
  claims: Claim[];
  hypotheses: Hypothesis[];
  panels: Panel[];
  /** The cell that follows no feature. */
  least: CellName | null;
  /** Its best score. */
  least_score: number | null;
  unit: "characters" | "bytes";
  symbols: Symbol[];
  /** Symbols of a passage. */
  length: number;
  exhibits: Exhibit[];
  notes: string[];
}

/** One gate of one layer: for each cell its shares of time. */
export interface GateUnits {
  layer: number;
  /** Above 0.9. */
  right: number[];
  /** Below 0.1; below -0.9 where values are in [-1, 1]. */
  left: number[];
  mean: number[];
}

/** One gate, or what every cell type has in common: 'keep'. */
export interface Gate {
  name: string;
  meaning: string;
  /** Below this a value is left-saturated. */
  low: number;
  layers: GateUnits[];
}

/** Time constants of the cells of one layer, in symbols. */
export interface Memories {
  layer: number;
  steps: number[];
}

/** What the gates of one network did. */
export interface Gates {
  run: string;
  cell: string;
  what: string;
  positions: number;
  /** Which gate keeps the memory: f, z or 1 - z; empty for none. */
  keep: string;
  /** What is common to all cell types first. */
  gates: Gate[];
  memories: Memories[];
}
