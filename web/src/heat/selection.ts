// What the heat map shows: read from the address, checked against the data, written back. People count layers and
// cells from 1; arrays from 0.
import type { Page, Passage, Quantity, Run } from "../data/contract";
import { cellsOf } from "../data/passage";
import type { Stretch } from "./colour";

export type Order = "number" | "variance" | "slowness";

export interface Selection {
  run: Run;
  passage: Passage;
  quantity: Quantity;
  /** From 0. */
  layer: number;
  /** From 0. */
  cell: number;
  order: Order;
  stretch: Stretch;
  letters: boolean;
  expected: boolean;
  surprise: boolean;
}

export const ORDERS: Order[] = ["number", "variance", "slowness"];

export const recordedRuns = (page: Page): Run[] => page.runs.filter((run) => run.passages.length > 0);

/** The selection an address asks for; what it does not say, or says wrongly, falls back to the nearest that exists. */
export function readSelection(page: Page, params: Record<string, string>): Selection {
  const runs = recordedRuns(page);
  const run = runs.find((candidate) => candidate.name === params.run) ?? runs[0];
  const passage = run.passages[clamp(Number(params.passage ?? 1) - 1, run.passages.length)];
  const wanted = params.quantity ?? (passage.quantities.some((q) => q.name === "c") ? "c" : "h");
  const quantity = passage.quantities.find((candidate) => candidate.name === wanted) ?? passage.quantities[0];
  const layer = clamp(Number(params.layer ?? quantity.layers.length) - 1, quantity.layers.length);
  const cell = clamp(Number(params.cell ?? 1) - 1, cellsOf(quantity, layer));
  const order = ORDERS.find((candidate) => candidate === params.order) ?? "number";
  const on = (params.show ?? "letters").split(".");
  return {
    run, passage, quantity, layer, cell, order,
    stretch: params.scale === "cell" ? "cell" : "full",
    letters: on.includes("letters"),
    expected: on.includes("expected"),
    surprise: on.includes("surprise"),
  };
}

export function writeSelection(selection: Selection): Record<string, string> {
  const params: Record<string, string> = { run: selection.run.name };
  const passage = selection.run.passages.indexOf(selection.passage);
  if (passage > 0) params.passage = String(passage + 1);
  params.layer = String(selection.layer + 1);
  params.quantity = selection.quantity.name;
  params.cell = String(selection.cell + 1);
  if (selection.order !== "number") params.order = selection.order;
  if (selection.stretch !== "full") params.scale = selection.stretch;
  const on = (["letters", "expected", "surprise"] as const).filter((name) => selection[name]).join(".");
  if (on !== "letters") params.show = on || "none";
  return params;
}

function clamp(index: number, count: number): number {
  return Number.isFinite(index) ? Math.min(Math.max(0, Math.trunc(index)), count - 1) : 0;
}

export interface Press {
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
}

/**
 * Where an arrow key leads: left and right to the neighbouring cell in the order shown, up and down to the next and the
 * previous layer. Null: the key is not ours, or there is nothing further.
 */
export function step(press: Press, selection: Selection, order: ArrayLike<number>): { layer: number; cell: number } | null {
  if (press.altKey || press.ctrlKey || press.metaKey || press.shiftKey) return null;
  const { layer, cell, quantity } = selection;
  const at = Array.prototype.indexOf.call(order, cell);
  switch (press.key) {
    case "ArrowLeft":
      return at > 0 ? { layer, cell: order[at - 1] } : null;
    case "ArrowRight":
      return at >= 0 && at < order.length - 1 ? { layer, cell: order[at + 1] } : null;
    case "ArrowUp":
      return layer < quantity.layers.length - 1 ? { layer: layer + 1, cell } : null;
    case "ArrowDown":
      return layer > 0 ? { layer: layer - 1, cell } : null;
    default:
      return null;
  }
}
