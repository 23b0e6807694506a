// Which run, layer, quantity and cell; which order, scale and layers of information.
import { cellsOf } from "../data/passage";
import type { Page } from "../data/contract";
import { ORDERS, type Order, type Selection, recordedRuns } from "./selection";

interface Props {
  page: Page;
  selection: Selection;
  order: number[];
  change: (part: Partial<Selection>) => void;
  move: (key: string) => void;
}

const ORDER_NAMES: Record<Order, string> = { number: "number", variance: "largest variance", slowness: "slowest change" };

export function Controls({ page, selection, order, change, move }: Props) {
  const { run, passage, quantity, layer, cell } = selection;
  const runs = recordedRuns(page);
  const cells = cellsOf(quantity, layer);
  const rank = order.indexOf(cell) + 1;
  return (
    <form class="controls" onSubmit={(event) => event.preventDefault()}>
      {runs.length > 1 && (
        <Choice label="network" value={run.name} options={runs.map((each) => [each.name, each.name])}
          choose={(name) => change({ run: runs.find((each) => each.name === name) })} />
      )}
      {run.passages.length > 1 && (
        <Choice label="passage" value={String(run.passages.indexOf(passage))}
          options={run.passages.map((each, index) => [String(index), each.name])}
          choose={(index) => change({ passage: run.passages[Number(index)] })} />
      )}
      <Choice label="quantity" value={quantity.name}
        options={passage.quantities.map((each) => [each.name, `${each.name}: ${each.meaning}`])}
        choose={(name) => change({ quantity: passage.quantities.find((each) => each.name === name) })} />
      <div class="stepper" role="group" aria-label="layer">
        <span class="label">layer</span>
        <button type="button" aria-label="layer below" disabled={layer === 0} onClick={() => move("ArrowDown")}>↓</button>
        <output>{layer + 1} <span class="quiet">of {quantity.layers.length}</span></output>
        <button type="button" aria-label="layer above" disabled={layer === quantity.layers.length - 1}
          onClick={() => move("ArrowUp")}>↑</button>
      </div>
      <div class="stepper" role="group" aria-label="cell">
        <label for="cell-number">cell</label>
        <button type="button" aria-label="previous cell" disabled={rank <= 1} onClick={() => move("ArrowLeft")}>←</button>
        <input id="cell-number" type="number" min={1} max={cells} value={cell + 1}
          onChange={(event) => {
            const wanted = Math.round(Number(event.currentTarget.value));
            const valid = wanted >= 1 && wanted <= cells;
            if (valid) change({ cell: wanted - 1 });
            else event.currentTarget.value = String(cell + 1);
          }} />
        <span class="quiet">of {cells}</span>
        <button type="button" aria-label="next cell" disabled={rank >= cells} onClick={() => move("ArrowRight")}>→</button>
      </div>
      <Choice label="cells by" value={selection.order} options={ORDERS.map((each) => [each, ORDER_NAMES[each]])}
        choose={(name) => change({ order: name as Order })} />
      <Choice label="colours over" value={selection.stretch}
        options={[["full", "whole range of the quantity"], ["cell", "range of this cell"]]}
        choose={(name) => change({ stretch: name === "cell" ? "cell" : "full" })} />
      <Toggle label="letters" on={selection.letters} set={(letters) => change({ letters })} />
      <Toggle label="what it expected next" on={selection.expected} set={(expected) => change({ expected })} />
      <Toggle label="underline surprises" on={selection.surprise} set={(surprise) => change({ surprise })} />
    </form>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: [string, string][];
  choose: (value: string) => void;
}

export function Choice({ label, value, options, choose }: ChoiceProps) {
  return (
    <label class="choice">
      <span class="label">{label}</span>
      <select aria-label={label} value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map(([key, name]) => <option key={key} value={key}>{name}</option>)}
      </select>
    </label>
  );
}

function Toggle({ label, on, set }: { label: string; on: boolean; set: (on: boolean) => void }) {
  return (
    <label class="toggle">
      <input type="checkbox" checked={on} onChange={(event) => set(event.currentTarget.checked)} />
      {label}
    </label>
  );
}
