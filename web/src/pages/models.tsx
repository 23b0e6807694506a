// All networks in one table, sorted by any column, beside the paper's losses and the text's own n-grams.
import { useState } from "preact/hooks";
import type { Loss, Page, Run, Unsaved } from "../data/contract";
import { csv, saveAs } from "../lib/download";
import { bits, fixed, whole } from "../lib/units";

interface Column {
  name: string;
  value: (run: Run) => number | string | null;
  shown: (run: Run) => string;
  /** What is known of a network without weights; nothing unless given. */
  unsaved?: (network: Unsaved) => number | string;
  /** Left out where no network has it. */
  optional?: boolean;
}

/** The n-gram with this much context is what texts are compared by. */
const RIVAL_CONTEXT = 20;

const test = (run: Run): Loss | undefined => run.losses.find((loss) => loss.part === "test");

function columns(page: Page): Column[] {
  const rival = page.ngrams[0]?.splits[0]?.losses.find((loss) => loss.context === RIVAL_CONTEXT)?.loss_nats ?? null;
  const split = page.ngrams[0]?.splits[0]?.name;
  const against = (run: Run): number | null => {
    const loss = test(run);
    return loss && rival !== null && run.split === split ? loss.loss_nats - rival : null;
  };
  const number = (value: number | null | undefined, decimals: number): string => (value === null || value === undefined ? "\u2013" : fixed(value, decimals));
  return [
    { name: "network", value: (run) => run.name, shown: (run) => run.name, unsaved: (network) => network.name },
    { name: "cell", value: (run) => run.cell, shown: (run) => run.cell, unsaved: (network) => network.cell },
    { name: "layers", value: (run) => run.layers, shown: (run) => whole(run.layers), unsaved: (network) => network.layers },
    { name: "cells per layer", value: (run) => run.hidden, shown: (run) => whole(run.hidden), unsaved: (network) => network.hidden },
    { name: "parameters", value: (run) => run.parameters, shown: (run) => whole(run.parameters) },
    { name: "epochs", value: (run) => run.epochs_reached, shown: (run) => fixed(run.epochs_reached, run.epochs_reached % 1 ? 1 : 0) },
    { name: "seed", value: (run) => run.seed, shown: (run) => whole(run.seed), unsaved: (network) => network.seed },
    { name: "test loss, nats", value: (run) => test(run)?.loss_nats ?? null, shown: (run) => {
      const interval = test(run)?.interval_nats;
      return number(test(run)?.loss_nats, 4) + (interval ? ` (${interval.map((end) => fixed(end, 3)).join(" to ")})` : "");
    } },
    { name: "bits", value: (run) => test(run)?.loss_nats ?? null, shown: (run) => number(test(run) && bits(test(run)!.loss_nats), 4) },
    { name: "paper, nats", value: (run) => run.paper_nats, shown: (run) => number(run.paper_nats, 3), optional: true },
    { name: `minus the ${RIVAL_CONTEXT}-symbol n-gram`, value: against, shown: (run) => number(against(run), 4), optional: true },
  ];
}

export function Models({ page }: { page: Page }) {
  const [by, sort] = useState<{ column: string; down: boolean }>({ column: "test loss, nats", down: false });
  const { runs, unsaved } = page;
  if (runs.length + unsaved.length < 2) return null;
  const shown = columns(page).filter((column) => !column.optional || runs.some((run) => column.value(run) !== null));
  const key = shown.find((column) => column.name === by.column) ?? shown[0];
  const rows = [...runs].sort((one, other) => compare(key.value(one), key.value(other)) * (by.down ? -1 : 1));
  return (
    <section>
      <h2>Models</h2>
      <p>Networks of one text. Where the intervals of two overlap, nothing is claimed about which is better.</p>
      <div class="scroll">
        <table class="models">
          <thead><tr>{shown.map(({ name }) => (
            <th key={name} scope="col" aria-sort={name === key.name ? (by.down ? "descending" : "ascending") : "none"}>
              <button type="button" class="sort" onClick={() => sort({ column: name, down: name === key.name && !by.down })}>{name}{name === key.name && (by.down ? " \u25be" : " \u25b4")}</button>
            </th>
          ))}</tr></thead>
          <tbody>{rows.map((run) => (
            <tr key={run.name}>{shown.map((column, index) => (index === 0 ? <th key={column.name} scope="row">{column.shown(run)}</th> : <td key={column.name}>{column.shown(run)}</td>))}</tr>
          ))}
          {unsaved.map((network) => (
            <tr key={network.name} class="unsaved">
              <th scope="row">{network.name}<span class="quiet small block">{network.state === "diverged" ? "diverged before" : "ended before"} any weights were saved</span></th>
              {shown.slice(1).map((column) => <td key={column.name}>{cell(column.unsaved?.(network))}</td>)}
            </tr>
          ))}</tbody>
        </table>
      </div>
      <button type="button" class="minor" onClick={() => saveAs("models.csv", "text/csv", csv(shown.map((column) => column.name), [
        ...rows.map((run) => shown.map((column) => column.value(run))),
        ...unsaved.map((network) => shown.map((column) => column.unsaved?.(network) ?? null)),
      ]))}>Save as CSV</button>
    </section>
  );
}

const cell = (value: number | string | undefined): string => (typeof value === "number" ? whole(value) : value ?? "\u2013");

/** What is missing comes last when rising. */
function compare(one: number | string | null, other: number | string | null): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other), "en", { numeric: true });
}
