// The page-data contract. Written by web/contract.py from rnnscope.report.page; do not edit by hand.

export const PAGE_FORMAT = 1;

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
  /** The same where it does not come, at matched positions; null for predictors that nobody watched. Empty where these are fewer than 50. */
  elsewhere: (number | null)[];
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
  /** Of a network; null for an n-gram. */
  layers: number | null;
  parameters: number | null;
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

/** What a network gains over an n-gram at one kind of event, in nats. */
export interface Gain {
  event: string;
  cases: number;
  memory: number;
  memory_interval: [number, number] | null;
  smoothing: number;
  smoothing_interval: [number, number] | null;
  enough: boolean;
}

/** A rival beside which a training was followed. */
export interface Followed {
  name: string;
  family: string;
  /** Kullback-Leibler divergence in both directions, added, in nats, by moment. */
  symmetric: number[];
  /** Its loss less the network's, in nats, by moment. */
  ahead: number[];
  /** Epoch. */
  overtaken: number | null;
  /** Epoch. */
  closest: number;
}

/** A network in training beside predictors with a known memory. */
export interface Dynamics {
  network: string;
  symbols: number;
  /** Of the moments. */
  epochs: number[];
  rivals: Followed[];
}

/** What remains wrong, and who knows it. */
export interface Errors {
  threshold: number;
  symbols: number;
  /** Of the network explained, and of a smaller one of the same cell, if there is one. */
  onions: Onion[];
  /** By rising threshold. */
  overlaps: Overlap[];
  /** With the network that sees only the last symbols, and the smaller one; null where they are not more. */
  overlap_of_all: Overlap | null;
  advantages: Advantages | null;
  closers: Closers[];
  /** Empty where nobody looked. */
  gain: Gain[];
  dynamics: Dynamics | null;
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

/** Gradients with the weights after some updates, of the losses of all kinds of symbol. */
export interface GradientStage {
  /** Updates made; 0 is the untrained network. */
  step: number;
  gradients: GradientCurve[];
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
  /** In the order of training; the last are not always the weights that all else is about. */
  training: GradientStage[];
  context: ContextCurve[];
}

/** Where the unit comes to rest, for many biases and one weight (Figure 3 of Pascanu, Mikolov and Bengio 2013). */
export interface Bifurcation {
  weight: number;
  /** b of each fixed point; along the list the fixed points are one curve. */
  biases: number[];
  /** x of each fixed point. */
  points: number[];
  /** Whether the unit returns to it after a small push. */
  stable: boolean[];
  /** Biases at which two fixed points meet and vanish. */
  turns: number[];
}

/** A walk down the surface by gradient descent. */
export interface Descent {
  /** Largest norm of the gradient; 0 = no clipping. */
  clip: number;
  weights: number[];
  biases: number[];
  /** Of the gradient at each place, before any clipping. */
  norms: number[];
}

/** The loss at the end of a run, over weight and bias (their Figure 6). */
export interface Surface {
  weights: number[];
  biases: number[];
  /** [weight][bias] (s(x_T) - target)^2. */
  loss: number[][];
  /** T. */
  steps: number;
  /** x_0. */
  start: number;
  target: number;
  /** Step size of the descents. */
  rate: number;
  /** Largest gradient norm on the grid. */
  largest_norm: number;
  median_norm: number;
  descents: Descent[];
}

/** Why gradients explode. */
export interface Cliff {
  bifurcation: Bifurcation;
  surface: Surface;
}

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
