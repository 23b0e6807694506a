// Which search, which claim: read from the address, checked against the data. Layers and cells count from 1 throughout.
import type { Cells, Claim, Exhibit, Hypothesis, Page } from "../../data/contract";

export interface Choice {
  found: Cells;
  layer: number;
  cell: number;
  /** Null for the cell that follows no feature. */
  claim: Claim | null;
}

export const searchName = (found: Cells, page: Page): string =>
  page.cells.filter((each) => each.run === found.run).length > 1 ? `${found.run}, ${found.what}` : found.run;

export function readChoice(page: Page, params: Record<string, string>): Choice {
  const found = page.cells.find((each) => searchName(each, page) === params.run) ?? page.cells[0];
  const [layer, cell] = (params.cell ?? "").split(":").map(Number);
  const same = found.claims.filter((claim) => claim.layer === layer && claim.cell === cell);
  const claim = same.find((each) => each.feature === params.feature && each.quantity === params.quantity)
    ?? same.find((each) => each.feature === params.feature) ?? same[0];
  if (claim) return { found, layer, cell, claim };
  if (found.least && found.least.layer === layer && found.least.cell === cell) return { found, layer, cell, claim: null };
  const [first] = found.claims;
  if (first) return { found, layer: first.layer, cell: first.cell, claim: first };
  return { found, layer: found.least?.layer ?? 1, cell: found.least?.cell ?? 1, claim: null };
}

export const writeChoice = (page: Page, found: Cells, layer: number, cell: number, claim: Claim | null): Record<string, string> => ({
  run: searchName(found, page), cell: `${layer}:${cell}`, ...(claim ? { quantity: claim.quantity, feature: claim.feature } : {}),
});

export const exhibitOf = (found: Cells, layer: number, cell: number): Exhibit | undefined =>
  found.exhibits.find((each) => each.layer === layer && each.cell === cell);

export const hypothesisOf = (found: Cells, feature: string): Hypothesis | undefined =>
  found.hypotheses.find((each) => each.name === feature);

export const isTracker = (claim: Claim): boolean => claim.verdict !== "observed";

export const failed = (claim: Claim): string[] => claim.checks.filter((check) => !check.passed).map((check) => check.name);

/** The larger of what chance and untrained networks reach. */
export function bar(claim: Claim): number | null {
  const nulls = [claim.shifted, claim.untrained].filter((value) => value !== null);
  return nulls.length > 0 ? Math.max(...nulls) : null;
}
