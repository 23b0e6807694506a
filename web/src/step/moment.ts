// One moment of one layer: everything its equations need, from the recording and from the weights.
import type { Anatomy, Passage } from "../data/contract";
import { type Numbers, unpack } from "../data/unpack";
import { type Equation, type Scope, evaluate, parseEquation } from "./expression";

interface OpenWeights {
  input: Numbers;
  recurrent: Numbers;
  bias_input: Numbers;
  bias_recurrent: Numbers;
  peepholes: Map<string, Numbers>;
}

/** A layer with what computes it; `below` is h of the layer under it, null in the lowest. */
export interface OpenStep {
  anatomy: Anatomy;
  layer: number;
  quantities: Map<string, Numbers>;
  below: Numbers | null;
  weights: OpenWeights | null;
  ids: ArrayLike<number>;
}

export async function openStep(passage: Passage, anatomy: Anatomy, layer: number): Promise<OpenStep> {
  const h = passage.quantities.find((each) => each.name === "h");
  const [ids, below, weights, ...own] = await Promise.all([
    unpack(passage.ids),
    layer > 0 && h ? unpack(h.layers[layer - 1]) : null,
    anatomy.weights.length > 0 ? openWeights(anatomy, layer) : null,
    ...passage.quantities.map((quantity) => unpack(quantity.layers[layer])),
  ] as const);
  const quantities = new Map(passage.quantities.map((quantity, index) => [quantity.name, own[index]]));
  return { anatomy, layer, quantities, below, weights, ids: ids.stored };
}

async function openWeights(anatomy: Anatomy, layer: number): Promise<OpenWeights> {
  const { input, recurrent, bias_input, bias_recurrent, peepholes } = anatomy.weights[layer];
  const [one, two, three, four, ...seen] = await Promise.all(
    [input, recurrent, bias_input, bias_recurrent, ...peepholes.map((each) => each.weight)].map(unpack),
  );
  return {
    input: one, recurrent: two, bias_input: three, bias_recurrent: four,
    peepholes: new Map(peepholes.map((each, index) => [each.gate, seen[index]])),
  };
}

const at = (numbers: Numbers, index: number): number => numbers.stored[index] * numbers.scale;

/** A recorded value; positions before the passage are not known. */
export function recorded(step: OpenStep, name: string, cell: number, position: number): number | null {
  const numbers = step.quantities.get(name);
  return numbers && position >= 0 ? at(numbers, cell * numbers.shape[1] + position) : null;
}

/** The names of the equations at one position: a prime is the position before, W, b, p and P are weights. */
export function scopeAt(step: OpenStep, position: number): Scope {
  const { anatomy, weights } = step;
  const hidden = step.quantities.get("h")!.shape[0];
  const block = (name: string): number => anatomy.blocks.indexOf(name.slice(name.startsWith("p") || name.startsWith("P") ? 2 : 3));
  return {
    value(name, cell) {
      const kind = name.slice(0, 2);
      if (kind === "b_") return weights && at(name[2] === "x" ? weights.bias_input : weights.bias_recurrent, block(name) * hidden + cell);
      if (kind === "p_") return weights && at(weights.peepholes.get(name.slice(2))!, cell);
      if (name === "x") return step.below && at(step.below, cell * step.below.shape[1] + position);
      return name.endsWith("'") ? recorded(step, name.slice(0, -1), cell, position - 1) : recorded(step, name, cell, position);
    },
    row(name, cell, vector, element) {
      if (!weights) return null;
      if (name.startsWith("P_")) return times(weights.peepholes.get(name.slice(2))!, cell, element);
      const row = block(name) * hidden + cell;
      // A symbol is a one-hot vector: its product with a matrix is one column.
      if (name[2] === "x" && !step.below) return at(weights.input, row * weights.input.shape[1] + step.ids[position]);
      return vector.kind === "name" || vector.kind === "product"
        ? times(name[2] === "x" ? weights.input : weights.recurrent, row, element) : null;
    },
  };
}

function times(matrix: Numbers, row: number, element: (index: number) => number | null): number | null {
  const width = matrix.shape[1];
  let total = 0;
  for (let index = 0; index < width; index++) {
    const value = element(index);
    if (value === null) return null;
    total += matrix.stored[row * width + index] * value;
  }
  return total * matrix.scale;
}

export interface Line {
  equation: Equation;
  /** By the equation, from recorded states and gates; null where something is not known. */
  computed: number | null;
  recorded: number | null;
  /** What stands inside the function, if the equation is one. */
  inside: number | null;
}

export const equationsOf = (anatomy: Anatomy): Equation[] => anatomy.equations.map(parseEquation);

/** Every equation of a cell at a position. */
export function linesAt(step: OpenStep, equations: Equation[], cell: number, position: number): Line[] {
  const scope = scopeAt(step, position);
  return equations.map((equation) => {
    const { right, target } = equation;
    const inside = right.kind === "apply" ? evaluate(right.inner, cell, scope) : null;
    return { equation, inside, computed: evaluate(right, cell, scope), recorded: recorded(step, target, cell, position) };
  });
}
