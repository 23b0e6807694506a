// One passage, one layer, one cell: the coloured text with its legend, line, hover card and overview.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Page, Quantity } from "../data/contract";
import { type OpenLayer, type OpenPassage, cellSteps, symbolAt } from "../data/passage";
import { csv, saveAs } from "../lib/download";
import { useKeys } from "../lib/keys";
import { go } from "../lib/route";
import { fixed } from "../lib/units";
import { Card, valueOf } from "./card";
import { paletteOf, scaleOf, shadeTable } from "./colour";
import { Controls } from "./controls";
import { Legend } from "./legend";
import { Overview, storedLimits } from "./overview";
import { orderCells } from "./ranking";
import { type Selection, step, writeSelection } from "./selection";
import { Sheet, positionOf, selectedText } from "./sheet";
import { Strip } from "./strip";

interface ReaderProps {
  page: Page;
  active: boolean;
  selection: Selection;
  passage: OpenPassage;
  /** The layer and the quantity that are open; what the selection asks for follows in a moment. */
  layer: OpenLayer;
  quantity: Quantity;
}

export function Reader({ page, active, selection, passage, layer, quantity }: ReaderProps) {
  const { cell, stretch } = selection;
  const numbers = layer.quantities.get(quantity.name)!;
  const steps = cellSteps(numbers, cell);
  const order = useMemo(() => orderCells(numbers, selection.order), [numbers, selection.order]);
  const scale = useMemo(() => scaleOf(quantity, stretch, layer.layer, cell), [quantity, stretch, layer.layer, cell]);
  const [hovered, hover] = useState<number | null>(null);
  const [pinned, pin] = useState<number | null>(null);
  const position = pinned ?? hovered;

  const change = (part: Partial<Selection>, burst = false): void => {
    const next = { ...selection, ...part };
    if (part.run && part.run !== selection.run) {
      next.passage = part.run.passages[0];
      next.quantity = next.passage.quantities.find((each) => each.name === selection.quantity.name) ?? next.passage.quantities[0];
    }
    go({ page: "heat", params: writeSelection(next) }, burst);
  };
  const move = (key: string): boolean => {
    const target = step({ key, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false }, selection, order);
    if (target) change(target, true);
    return target !== null;
  };
  useKeys(active, (event) => {
    if (event.key === "Escape") pin(null);
    else if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    else if (event.key === "," || event.key === ".") {
      const from = position ?? -1;
      pin(Math.min(passage.length - 1, Math.max(0, from + (event.key === "." ? 1 : -1))));
    } else if (!move(event.key)) return;
    event.preventDefault();
  });
  const sheet = useSheet(passage);
  useEffect(() => {
    const [lowest, highest] = storedLimits(numbers);
    sheet.current?.paint(steps, shadeTable(scale, numbers.scale, lowest, highest), paletteOf(quantity.kind));
  }, [passage, numbers, cell, scale]);
  useEffect(() => sheet.current?.showLetters(selection.letters), [passage, selection.letters]);
  useEffect(() => sheet.current?.showExpected(selection.expected), [passage, selection.expected]);
  useEffect(() => sheet.current?.markSurprise(selection.surprise), [passage, selection.surprise]);
  useEffect(() => sheet.current?.mark(position), [passage, position]);

  const facts = { mean: quantity.mean, low: quantity.low, high: quantity.high };
  const [mean, low, high] = (["mean", "low", "high"] as const).map((name) => fixed(facts[name][layer.layer][cell], 2));
  return (
    <>
      <p class="lead wide">
        Every symbol is coloured by the value one cell has <em>after</em> reading it. <kbd>←</kbd> <kbd>→</kbd> cells,{" "}
        <kbd>↑</kbd> <kbd>↓</kbd> layers, <kbd>,</kbd> <kbd>.</kbd> symbols.
      </p>
      <Controls page={page} selection={selection} order={order} change={change} move={move} />
      <div class="heat">
        <div class="heat-main">
          <div class="heat-head">
            <h3 aria-live="polite">
              {quantity.name} of cell {cell + 1}, layer {layer.layer + 1}
              <span class="quiet">{quantity.meaning}: {quantity.explained}. Mean {mean}, from {low} to {high}.</span>
            </h3>
            <Legend scale={scale} name={quantity.name} value={position === null ? null : valueOf(layer, quantity.name, cell, position)} />
          </div>
          <Strip values={steps} step={numbers.scale} scale={scale} position={position} choose={(at) => {
            pin(at);
            sheet.current?.reveal(at);
          }} />
          <div class="sheet" role="group" tabIndex={0} ref={(root) => sheet.mount(root)}
            aria-label={`text coloured by ${quantity.name} of cell ${cell + 1} of layer ${layer.layer + 1}`}
            onMouseOver={(event) => hover(positionOf(event.target))}
            onMouseLeave={() => hover(null)}
            onClick={(event) => {
              const at = positionOf(event.target);
              pin(at === pinned ? null : at);
            }}
            onCopy={(event) => {
              const chosen = getSelection();
              const text = chosen && selectedText(passage, event.currentTarget, chosen);
              if (!text || !event.clipboardData) return;
              event.clipboardData.setData("text/plain", text);
              event.preventDefault();
            }} />
          <p class="quiet small">{passage.source.where}</p>
        </div>
        <aside class="heat-side">
          <section class={`card ${position === null ? "" : "filled"}`} aria-live={pinned === null ? "off" : "polite"} aria-label="the symbol under the pointer">
            {position === null
              ? <p class="quiet">Point at a symbol to see the numbers behind its colour; click to hold them.</p>
              : <Card passage={passage} layer={layer} cell={cell} quantity={quantity.name} position={position} pinned={pinned !== null}
                  release={() => pin(null)} />}
          </section>
          <h4>All cells of layer {layer.layer + 1}</h4>
          <Overview quantity={quantity} layer={layer.layer} numbers={numbers} order={order} cell={cell} stretch={stretch}
            choose={(chosen) => change({ cell: chosen })} />
          <button type="button" class="minor" onClick={() => saveCell(passage, selection, layer)}>
            Save this cell as CSV
          </button>
        </aside>
      </div>
    </>
  );
}

/** The sheet of the passage shown, rebuilt only when the passage changes. */
function useSheet(passage: OpenPassage): { current: Sheet | null; mount: (root: HTMLElement | null) => void } {
  const held = useRef<{ passage: OpenPassage; root: HTMLElement; sheet: Sheet } | null>(null);
  return {
    get current() {
      return held.current?.sheet ?? null;
    },
    mount(root) {
      if (!root || (held.current?.root === root && held.current.passage === passage)) return;
      held.current?.sheet.close();
      held.current = { passage, root, sheet: new Sheet(root, passage) };
    },
  };
}

function saveCell(passage: OpenPassage, selection: Selection, layer: OpenLayer): void {
  const names = passage.source.quantities.map((quantity) => quantity.name);
  const rows = Array.from({ length: passage.length }, (_, position) => [
    position + 1,
    symbolAt(passage, position).name,
    ...names.map((name) => valueOf(layer, name, selection.cell, position)),
    passage.logProbNats[position],
  ]);
  const file = `cell-${layer.layer + 1}-${selection.cell + 1}.csv`;
  saveAs(file, "text/csv", csv(["position", "symbol", ...names, "log_prob_nats"], rows));
}
