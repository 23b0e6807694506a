// The page-data contract. Written by web/contract.py from rnnscope.report; do not edit by hand.

import type { Packed, Symbol } from "./base";
import type { Errors, Memory } from "./findings";
import type { Cliff } from "./cliff";
import type { Cells, Gates } from "./cells";
import type { Anatomy } from "./step";

/** Neighbouring bytes that are one character in UTF-8 (byte mode, two bytes or more). */
export interface ByteGroup {
  /** Position of the first byte in the passage. */
  start: number;
  length: number;
  glyph: string;
  name: string;
  kind: "plain" | "blank" | "break" | "code" | "mark" | "byte";
}

/** One quantity of a cell (h, c, a gate) over a passage, for all layers and cells. */
export interface Quantity {
  name: string;
  /** signed: on [-1, 1]. gate: on [0, 1]. cell: unbounded, drawn as its tanh. */
  kind: "signed" | "gate" | "cell";
  /** Two words: "forget gate". */
  meaning: string;
  /** A clause that says what it does in this cell. */
  explained: string;
  /** For each layer an array [cell, position]. */
  layers: Packed[];
  /** For each layer and cell, over the whole recorded text. */
  mean: number[][];
  low: number[][];
  high: number[][];
}

/** A stretch of text with what every cell did on it. */
export interface Passage {
  name: string;
  /** A sentence: which text, which part, which positions. */
  where: string;
  unit: "characters" | "bytes";
  symbols: Symbol[];
  /** [position] index into `symbols`. */
  ids: Packed;
  groups: ByteGroup[];
  /** [position] log p of the symbol given those before it. */
  log_prob_nats: Packed;
  /** [position, rank] the symbols the network expects after this one, most likely first. */
  next_ids: Packed;
  /** [position, rank] their probabilities. */
  next_probs: Packed;
  quantities: Quantity[];
  /** What computes one step: equations, weights, gradients; null where the network was not at hand. */
  anatomy: Anatomy | null;
}

/** Mean loss over one part of the text. */
export interface Loss {
  part: string;
  loss_nats: number;
  /** How many symbols were scored. */
  symbols: number;
  /** Lower and upper end of the 95 % interval of the loss, where one was computed. */
  interval_nats: [number, number] | null;
}

/** One point of the learning curves. */
export interface CurveRow {
  step: number;
  epoch: number;
  train_loss_nats: number | null;
  valid_loss_nats: number | null;
  learning_rate: number | null;
  gradient_norm: number | null;
}

/** How often a training's gradient was shortened to a largest norm. */
export interface Clipping {
  norm: number;
  /** Of all updates up to the last row, counted; null where the training did not count them. */
  share: number | null;
  /** The same as `share`; where it is unknown, a share that the mean norms of the rows do not let it exceed. */
  at_most: number;
}

/** Text that a network wrote. */
export interface Sample {
  step: number;
  epoch: number | null;
  temperature: number;
  /** What it was given to continue; not part of `text`. */
  prime: string;
  text: string;
}

/** One trained network. */
export interface Run {
  name: string;
  cell: string;
  /** Symbols that a window network sees; null for recurrent networks. */
  window: number | null;
  layers: number;
  hidden: number;
  parameters: number;
  /** Width of a one-layer LSTM with as many parameters, where the width was chosen by it. */
  budget: number | null;
  split: string;
  fold: number;
  seed: number;
  /** Test loss of such a network in the paper, on the same text. */
  paper_nats: number | null;
  /** A noun phrase such as "a two-layer LSTM of 128 cells per layer". */
  description: string;
  state: "new" | "running" | "complete" | "interrupted" | "diverged" | "early-stopped";
  epochs: number;
  epochs_reached: number;
  best_step: number | null;
  losses: Loss[];
  curve: CurveRow[];
  /** Null without clipping by norm. */
  clipping: Clipping | null;
  /** Along training, in order. */
  samples: Sample[];
  /** From the finished network, in order of temperature. */
  temperatures: Sample[];
  passages: Passage[];
}

/** A network of the study that is shown nowhere else: its training ended before it saved weights. */
export interface Unsaved {
  name: string;
  cell: string;
  layers: number;
  hidden: number;
  seed: number;
  state: "new" | "running" | "complete" | "interrupted" | "diverged" | "early-stopped";
}

/** What is taken off counts of 1, of 2, and of 3 or more. */
export interface Discounts {
  values: [number, number, number];
  /** Whether they are fixed ones because too few counts are there for the formula. */
  fallback: boolean;
}

/** What counting found about n-grams of one length. */
export interface NgramLevel {
  /** Symbols of context; the n-grams are one longer. */
  context: number;
  ngrams: number;
  /** Where longer contexts back off to this one; null for the longest. */
  lower: Discounts | null;
  /** Where this context is the longest of its model. */
  highest: Discounts;
}

/** Losses by one length of context. */
export interface ContextLoss {
  context: number;
  valid_loss_nats: number | null;
  valid_interval_nats: [number, number] | null;
  /** On the test part. */
  loss_nats: number | null;
  interval_nats: [number, number] | null;
}

/** Losses by all contexts, with the text cut in one way. */
export interface NgramSplit {
  name: string;
  /** Whether the saved model was counted on this split; others are there for comparison. */
  own: boolean;
  /** Of the validation part. */
  valid_symbols: number;
  /** Of the test part. */
  symbols: number;
  /** Empty where the text cannot be cut like this. */
  losses: ContextLoss[];
  /** Why it cannot. */
  why: string | null;
}

/** A mixture of predictors, its weights fitted on the validation part. */
export interface Mixed {
  name: string;
  meaning: string;
  loss_nats: number;
  interval_nats: [number, number] | null;
}

/** Table 2 of Karpathy, Johnson and Fei-Fei (2015): test losses in nats by symbols of context. */
export interface Paper {
  /** Which text the numbers are of, and how they compare with the page's. */
  text: string;
  contexts: number[];
  ngram: number[];
  /** The n-NN: a network that sees the last n symbols. */
  network: (number | null)[];
}

/** One n-gram model of all contexts. */
export interface Ngram {
  name: string;
  seams: "true" | "joined";
  /** By the loss on the validation part. */
  best_context: number | null;
  longest: number;
  bytes: number;
  /** Its own first. */
  splits: NgramSplit[];
  levels: NgramLevel[];
  mixtures: Mixed[];
  paper: Paper | null;
}

/** A loss to compare with, such as that of a uniform guess. */
export interface Reference {
  name: string;
  loss_nats: number;
  meaning: string;
}

/** Whether the text is large enough for a conclusion, and why. */
export interface Note {
  name: string;
  enough: boolean;
  why: string;
}

/** One line of the provenance table. */
export interface Row {
  name: string;
  value: string;
}

/** What was found, in words. */
export interface Finding {
  /** Where it is shown. */
  page: string;
  text: string;
}

/** The text. */
export interface Corpus {
  name: string;
  sha256: string;
  unit: "characters" | "bytes";
  symbols: number;
  distinct: number;
  parts: Row[];
}

/** What the page is about and where it comes from. */
export interface Meta {
  format: number;
  title: string;
  /** Sentences: what was trained on what, and what came out. */
  summary: string[];
  findings: Finding[];
  version: string;
  corpus: Corpus;
  references: Reference[];
  notes: Note[];
  warnings: string[];
  provenance: Row[];
  /** Artifact -> hash. */
  made_from: Row[];
  /** What to type to make the same again. */
  commands: string[];
  /** Sentences about the exact protocol. */
  method: string[];
}

/** Everything a report shows. */
export interface Page {
  meta: Meta;
  runs: Run[];
  unsaved: Unsaved[];
  ngrams: Ngram[];
  /** What `rnnscope errors` found; null where it has not run or is out of date. */
  errors: Errors | null;
  /** Of the networks for which `rnnscope memory` has run. */
  memories: Memory[];
  /** Why gradients explode, in one unit; null where nothing is said of memories. */
  cliff: Cliff | null;
  /** What searches for cells found, by network and text. */
  cells: Cells[];
  /** Of the networks for which `rnnscope gates` has run. */
  gates: Gates[];
}
