// The page-data contract. Written by web/contract.py from rnnscope.report.page; do not edit by hand.

export const PAGE_FORMAT = 1;

/** One class of the onion. */
export interface ErrorClass {
  name: string;
  family: string;
  errors: number;
  /** Of all errors of the network. */
  share: number;
  interval: [number, number] | null;
  share_of_nats: number;
  /** If its family were taken before all others. */
  share_first: number;
  /** If its family were taken after all others, just before the boosts. */
  share_last: number;
  /** Shares in the paper's large and small network; empty beside other texts. */
  paper: number[];
}

/** The errors of one network, each in the first class that removes it. */
export interface Onion {
  network: string;
  errors: number;
  classes: ErrorClass[];
}

/** Figure 6 of Karpathy, Johnson and Fei-Fei (2015). */
export interface PaperErrors {
  text: string;
  /** The large one first. */
  networks: string[];
  errors: number[];
  symbols: number;
}

/** Positions at which exactly these predictors err. */
export interface Region {
  predictors: string[];
  errors: number;
  /** Of all positions. */
  share: number;
  interval: [number, number] | null;
}

/** Which errors predictors share. */
export interface Overlap {
  names: string[];
  threshold: number;
  /** Errors of each predictor. */
  totals: number[];
  regions: Region[];
}

/** Mean probabilities that two predictors give to one symbol where it came. */
export interface SymbolAdvantage {
  name: string;
  count: number;
  first: number;
  second: number;
  /** First minus second. */
  difference: number;
  interval: [number, number] | null;
  enough: boolean;
}

/** Symbols that one of two predictors knows better, largest difference first. */
export interface Advantages {
  names: string[];
  first: SymbolAdvantage[];
  second: SymbolAdvantage[];
}

/** Closing symbols with a distance to their opener above `above`, up to `up_to` symbols. */
export interface CloserBucket {
  above: number;
  up_to: number;
  cases: number;
  /** Mean probability of the closing symbol, by predictor. */
  probs: number[];
  intervals: ([number, number] | null)[];
  enough: boolean;
}

/** How sure predictors are of one kind of closing symbol. */
export interface Closers {
  kind: string;
  names: string[];
  scored: number;
  buckets: CloserBucket[];
}

/** What an oracle that should know nothing removes. */
export interface Control {
  name: string;
  meaning: string;
  share: number;
  share_control: number;
}

/** A model in the plane. */
export interface MapPoint {
  name: string;
  kind: string;
  x: number;
  y: number;
}

/** Whether models of one kind agree more with each other than with the rest. */
export interface ClusterTest {
  kind: string;
  within: number;
  between: number;
  p_value: number | null;
}

/** Models that predict alike, near each other. */
export interface AgreementMap {
  points: MapPoint[];
  perplexity: number;
  /** How many were drawn, from as many seeds; this is the one that fits best. */
  maps: number;
  tests: ClusterTest[];
}

/** What remains wrong, and who knows it. */
export interface Errors {
  threshold: number;
  symbols: number;
  /** Of the network explained, and of a smaller one of the same cell, if there is one. */
  onions: Onion[];
  /** By rising threshold. */
  overlaps: Overlap[];
  advantages: Advantages | null;
  closers: Closers[];
  controls: Control[];
  agreement: AgreementMap | null;
  paper: PaperErrors | null;
}

/** How gradients of losses shrink with the distance. */
export interface GradientCurve {
  state: string;
  layer: number;
  event: string;
  cases: number;
  enough: boolean;
  /** Median norm relative to distance 0, by distance. */
  ratio: number[];
  half_life: number | null;
  horizon_hundredth: number | null;
  horizon_thousandth: number | null;
  decay_per_symbol: number | null;
}

/** What a context of `fewest` to `most` symbols costs. */
export interface ContextPoint {
  fewest: number;
  most: number;
  cases: number;
  loss_nats: number;
  excess_nats: number;
  interval_nats: [number, number] | null;
  enough: boolean;
}

/** Loss as a function of the context, for one kind of event. */
export interface ContextCurve {
  event: string;
  /** Context from which on the excess stays below 0.01 nats. */
  reach: number | null;
  points: ContextPoint[];
}

/** How long one network remembers. */
export interface Memory {
  run: string;
  /** Which text was measured. */
  what: string;
  /** Symbols over which training carried gradients back. */
  steps: number;
  /** What stood in the place of older text. */
  older: string;
  distances: number;
  gradients: GradientCurve[];
  context: ContextCurve[];
}

/** An array of numbers; value = stored * scale. */
export interface Packed {
  dtype: "int8" | "uint8" | "int16" | "uint16" | "uint32" | "float32";
  shape: number[];
  scale: number;
  /** Base64 of gzip of the little-endian bytes, last axis fastest. */
  data: string;
}

/** One entry of a passage's table of symbols. */
export interface Symbol {
  glyph: string;
  name: string;
  kind: "plain" | "blank" | "break" | "code" | "mark" | "byte";
  /** Code point or byte value; -1 for the reserved id. */
  code: number;
}

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
  /** A noun phrase such as "a two-layer LSTM of 128 cells per layer". */
  description: string;
  state: "new" | "running" | "complete" | "interrupted" | "diverged" | "early-stopped";
  epochs: number;
  epochs_reached: number;
  best_step: number | null;
  losses: Loss[];
  curve: CurveRow[];
  /** Along training, in order. */
  samples: Sample[];
  /** From the finished network, in order of temperature. */
  temperatures: Sample[];
  passages: Passage[];
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
  ngrams: Ngram[];
  /** What `rnnscope errors` found; null where it has not run or is out of date. */
  errors: Errors | null;
  /** Of the networks for which `rnnscope memory` has run. */
  memories: Memory[];
}
