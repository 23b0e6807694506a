// Orders in which cells are worth a look. Both measures are taken over the passage shown, on the stored steps.
import type { Numbers } from "../data/unpack";
import { cellSteps } from "../data/passage";
import type { Order } from "./selection";

export interface CellMeasure {
  variance: number;
  /** Correlation between a value and the value one position later; near 1 for cells that hold what they know. */
  slowness: number;
}

export function measure(numbers: Numbers, cell: number): CellMeasure {
  const steps = cellSteps(numbers, cell);
  const length = steps.length;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += steps[i];
  const mean = sum / length;
  let squares = 0;
  let products = 0;
  for (let i = 0; i < length; i++) {
    const here = steps[i] - mean;
    squares += here * here;
    if (i > 0) products += here * (steps[i - 1] - mean);
  }
  const variance = (squares / length) * numbers.scale ** 2;
  return { variance, slowness: squares > 0 ? products / squares : 0 };
}

/** Numbers of the cells (from 0) in the wanted order: ascending by number, else most conspicuous first. */
export function orderCells(numbers: Numbers, order: Order): number[] {
  const cells = Array.from({ length: numbers.shape[0] }, (_, cell) => cell);
  if (order === "number") return cells;
  const weight = cells.map((cell) => measure(numbers, cell)[order]);
  return cells.sort((a, b) => weight[b] - weight[a] || a - b);
}
