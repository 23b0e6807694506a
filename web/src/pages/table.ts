// The pages, in order. A new page is one file and one line here.
import type { ComponentType } from "preact";
import type { Page } from "../data/contract";
import { steppedRuns } from "../step/selection";
import { CellsPage } from "./cells";
import { Curves } from "./curves";
import { ErrorsPage } from "./errors";
import { Gates } from "./gates";
import { Heat } from "./heat";
import { Memory } from "./memory";
import { Method } from "./method";
import { Ngrams } from "./ngrams";
import { Results } from "./results";
import { Samples } from "./samples";
import { OneStep } from "./step";

export interface PageProps {
  page: Page;
  /** Whether this is the page on screen; pages left behind stay as they are, for printing. */
  active: boolean;
}

export interface PageEntry {
  id: string;
  title: string;
  component: ComponentType<PageProps>;
  /** Whether the data holds anything for this page. */
  has: (page: Page) => boolean;
}

export const PAGES: PageEntry[] = [
  { id: "results", title: "Results", component: Results, has: () => true },
  { id: "curves", title: "Learning", component: Curves, has: (page) => page.runs.some((run) => run.curve.length > 0) },
  { id: "samples", title: "Samples", component: Samples, has: (page) => page.runs.some((run) => run.samples.length + run.temperatures.length > 0) },
  { id: "ngrams", title: "n-grams", component: Ngrams, has: (page) => page.ngrams.length > 0 },
  { id: "errors", title: "Errors", component: ErrorsPage, has: (page) => page.errors !== null },
  { id: "memory", title: "Memory", component: Memory, has: (page) => page.memories.length > 0 },
  { id: "cells", title: "Cells", component: CellsPage, has: (page) => page.cells.length > 0 },
  { id: "gates", title: "Gates", component: Gates, has: (page) => page.gates.length > 0 },
  { id: "heat", title: "Cells in the text", component: Heat, has: (page) => page.runs.length > 0 },
  { id: "step", title: "One step", component: OneStep, has: (page) => steppedRuns(page).length > 0 },
  { id: "method", title: "Method", component: Method, has: () => true },
];
