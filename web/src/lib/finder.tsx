// Two dialogs: `/` finds pages, hypotheses, cells and symbols; `?` says which keys there are.
import { useMemo, useRef, useState } from "preact/hooks";
import type { Page } from "../data/contract";
import { writeChoice } from "../pages/cells/find";
import type { PageEntry } from "../pages/table";
import { useKeys, withModifier } from "./keys";
import { formatRoute, parseRoute, go } from "./route";

export interface Place {
  words: string;
  address: string;
}

const SHOWN = 12;

/** Everything with a name: pages, findings, hypotheses and their best cells, then quantities, cells and symbols of the passages. */
export function places(page: Page, pages: { id: string; title: string }[]): Place[] {
  const found: Place[] = pages.map(({ id, title }) => ({ words: `page ${title}`, address: `#${id}` }));
  for (const finding of page.meta.findings) found.push({ words: finding.text, address: `#${finding.page}` });
  for (const searched of page.cells) {
    for (const { name, words } of searched.hypotheses) {
      const claim = searched.claims.find((each) => each.feature === name);
      if (claim) {
        found.push({
          words: `${searched.run} hypothesis ${name} (${words}): ${claim.verdict}, cell ${claim.layer}:${claim.cell}`,
          address: formatRoute({ page: "cells", params: writeChoice(page, searched, claim.layer, claim.cell, claim) }),
        });
      }
    }
  }
  for (const run of page.runs) {
    const passage = run.passages[0];
    if (!passage) continue;
    for (const quantity of passage.quantities) {
      found.push({ words: `${run.name} ${quantity.name} ${quantity.meaning}`, address: formatRoute({ page: "heat", params: { run: run.name, quantity: quantity.name } }) });
    }
    for (let layer = 1; layer <= run.layers; layer++) {
      for (let cell = 1; cell <= run.hidden; cell++) {
        found.push({ words: `${run.name} cell ${layer}:${cell}`, address: formatRoute({ page: "heat", params: { run: run.name, layer: String(layer), cell: String(cell) } }) });
      }
    }
    for (const symbol of passage.symbols) found.push({ words: `symbol ${symbol.glyph} ${symbol.name}`, address: "#errors" });
  }
  return pages.some(({ id }) => id === "errors") ? found : found.filter(({ address }) => address !== "#errors");
}

/** Places whose words hold every word asked for; those that begin with the question first. */
export function search(all: Place[], question: string): Place[] {
  const words = question.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return all.slice(0, SHOWN);
  const fitting = all.filter((place) => words.every((word) => place.words.toLowerCase().includes(word)));
  const rank = (place: Place): number => {
    const text = place.words.toLowerCase();
    return Number(!text.endsWith(words.at(-1)!)) + Number(!words.every((word) => text.split(/[\s:]+/).includes(word) || text.split(" ").includes(word)));
  };
  return fitting.map((place) => [rank(place), place] as const).sort(([one], [other]) => one - other).slice(0, SHOWN).map(([, place]) => place);
}

const KEYS: [string, string][] = [
  ["/", "find a page, a hypothesis, a cell, a quantity, a symbol"],
  ["?", "this help"],
  ["\u2190 \u2192", "cells (Cells in the text), symbols (One step)"],
  ["\u2191 \u2193", "layers"],
  [", .", "symbols (Cells in the text), cells (One step)"],
  ["Esc", "let go of a held symbol; close a dialog"],
  ["Tab", "every link, field and button in order"],
];

export function Finder({ page, pages }: { page: Page; pages: PageEntry[] }) {
  const finder = useRef<HTMLDialogElement>(null);
  const help = useRef<HTMLDialogElement>(null);
  const [question, ask] = useState("");
  const [at, move] = useState(0);
  const [used, use] = useState(false);
  // Thousands of cells have names: nothing is listed before somebody looks for something.
  const all = useMemo(() => (used ? places(page, pages) : []), [page, used]);
  const found = useMemo(() => search(all, question), [all, question]);
  const visit = (place: Place | undefined): void => {
    if (!place) return;
    finder.current?.close();
    go(parseRoute(place.address));
  };
  const open = (): void => {
    use(true);
    ask("");
    move(0);
    finder.current?.showModal();
  };
  useKeys(true, (event) => {
    if (withModifier(event)) return;
    if (event.key === "/") open();
    else if (event.key === "?") help.current?.showModal();
    else return;
    event.preventDefault();
  });
  return (
    <>
      <button type="button" class="theme" title="find (/)" onClick={open}>find</button>
      <button type="button" class="theme" title="keys (?)" aria-label="keys" onClick={() => help.current?.showModal()}>?</button>
      <dialog class="finder" ref={finder} aria-label="find">
        <input type="search" aria-label="find a page, a hypothesis, a cell, a quantity, a symbol" placeholder="a page, a hypothesis such as quotes, a cell such as 2:17, a symbol" value={question}
          aria-controls="found-places" aria-activedescendant={found.length ? `place-${at}` : undefined}
          onInput={(event) => {
            ask(event.currentTarget.value);
            move(0);
          }}
          onKeyDown={(event) => {
            const next = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
            if (event.key === "Enter") visit(found[at]);
            if (next === undefined) return;
            move(Math.max(0, Math.min(found.length - 1, next)));
            event.preventDefault();
          }} />
        <ul role="listbox" id="found-places" aria-label="places">
          {found.map((place, index) => (
            <li key={place.words + place.address} id={`place-${index}`} role="option" aria-selected={index === at} onClick={() => visit(place)}>{place.words}</li>
          ))}
        </ul>
        {found.length === 0 && <p class="quiet">Nothing has this name.</p>}
      </dialog>
      <dialog class="finder" ref={help} aria-label="keys">
        <h2>Keys</h2>
        <dl class="facts">{KEYS.map(([key, does]) => [<dt key={key}><kbd>{key}</kbd></dt>, <dd key={does}>{does}</dd>])}</dl>
        <p class="quiet small">The address holds the whole view: copy it to show somebody what you see.</p>
        <form method="dialog"><button type="submit">Close</button></form>
      </dialog>
    </>
  );
}
