// The page-data contract. Written by web/contract.py from rnnscope.report; do not edit by hand.

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
