// The page-data contract. Written by web/contract.py from rnnscope.report; do not edit by hand.

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
