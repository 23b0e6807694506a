// What the page One step shows: read from the address, checked against the data, written back. People count layers,
// cells and positions from 1; arrays from 0.
import type { Anatomy, Page, Passage, Run } from "../data/contract";

export interface Chosen {
  run: Run;
  passage: Passage;
  anatomy: Anatomy;
  /** From 0. */
  layer: number;
  /** From 0. */
  cell: number;
  /** From 0; a step has a state before it, so the first position of a passage is never chosen. */
  position: number;
}

const FIRST_SHOWN = 40;

const anatomyOf = (run: Run): { passage: Passage; anatomy: Anatomy } | null => {
  for (const passage of run.passages) if (passage.anatomy) return { passage, anatomy: passage.anatomy };
  return null;
};

/** Networks whose steps can be shown. */
export const steppedRuns = (page: Page): Run[] => page.runs.filter((run) => anatomyOf(run) !== null);

export function readChosen(page: Page, params: Record<string, string>): Chosen {
  const runs = steppedRuns(page);
  const run = runs.find((each) => each.name === params.run) ?? runs[0];
  const { passage, anatomy } = anatomyOf(run)!;
  const layer = within(Number(params.layer ?? run.layers) - 1, 0, run.layers - 1);
  const cell = within(Number(params.cell ?? 1) - 1, 0, run.hidden - 1);
  const last = passage.ids.shape[0] - 1;
  return { run, passage, anatomy, layer, cell, position: within(Number(params.at ?? FIRST_SHOWN) - 1, Math.min(1, last), last) };
}

export const writeChosen = ({ run, layer, cell, position }: Chosen): Record<string, string> => ({
  run: run.name, layer: String(layer + 1), cell: String(cell + 1), at: String(position + 1),
});

/** Where a key leads: left and right along the text, up and down through layers, comma and full stop through cells. */
export function stepKey(key: string, chosen: Chosen): Partial<Chosen> | null {
  const { run, passage, layer, cell, position } = chosen;
  const last = passage.ids.shape[0] - 1;
  const moves: Record<string, Partial<Chosen> | undefined> = {
    ArrowLeft: position > 1 ? { position: position - 1 } : undefined,
    ArrowRight: position < last ? { position: position + 1 } : undefined,
    ArrowUp: layer < run.layers - 1 ? { layer: layer + 1 } : undefined,
    ArrowDown: layer > 0 ? { layer: layer - 1 } : undefined,
    ",": cell > 0 ? { cell: cell - 1 } : undefined,
    ".": cell < run.hidden - 1 ? { cell: cell + 1 } : undefined,
  };
  return moves[key] ?? null;
}

function within(value: number, low: number, high: number): number {
  return Number.isFinite(value) ? Math.min(high, Math.max(low, Math.trunc(value))) : low;
}
