// All claims as a table that can be sorted and filtered.
import { useMemo, useState } from "preact/hooks";
import type { Cells, Claim, Page } from "../../data/contract";
import { Choice } from "../../heat/controls";
import { csv, saveAs } from "../../lib/download";
import { formatRoute } from "../../lib/route";
import { fixed, plural } from "../../lib/units";
import { bar, failed, hypothesisOf, isTracker, writeChoice } from "./find";
import { Verdict } from "./panels";

type Key = "cell" | "feature" | "verdict" | "score" | "null" | "effect";

const ORDER = { causal: 0, confirmed: 1, observed: 2 };
const FIRST_ROWS = 40;

const COLUMNS: { key: Key; name: string; of: (claim: Claim) => number | string }[] = [
  { key: "cell", name: "cell", of: (claim) => claim.layer * 1e6 + claim.cell },
  { key: "feature", name: "feature", of: (claim) => claim.feature },
  { key: "verdict", name: "verdict", of: (claim) => ORDER[claim.verdict] },
  { key: "score", name: "score", of: (claim) => -Math.abs(claim.score ?? 0) },
  { key: "null", name: "to exceed", of: (claim) => -(bar(claim) ?? -1) },
  { key: "effect", name: "effect", of: (claim) => -(claim.intervention?.effect_bits ?? -Infinity) },
];

interface Props {
  page: Page;
  found: Cells;
  chosen: Claim | null;
}

export function Dictionary({ page, found, chosen }: Props) {
  const [verdict, setVerdict] = useState(found.claims.some(isTracker) ? "trackers" : "all");
  const [feature, setFeature] = useState("");
  const [words, setWords] = useState("");
  const [sort, setSort] = useState<{ key: Key; down: boolean }>({ key: "verdict", down: true });
  const [all, showAll] = useState(false);
  const rows = useMemo(() => {
    const wanted = words.trim().toLowerCase();
    const kept = found.claims.filter((claim) =>
      (verdict === "all" || (verdict === "trackers" ? isTracker(claim) : claim.verdict === verdict))
      && (feature === "" || claim.feature === feature)
      && (wanted === "" || `${claim.layer}:${claim.cell} ${claim.quantity} ${claim.feature} ${hypothesisOf(found, claim.feature)?.words ?? ""}`.toLowerCase().includes(wanted)));
    const { of } = COLUMNS.find((column) => column.key === sort.key)!;
    // The order of the findings, strongest first, decides among equals.
    const sorted = kept.map((claim, index) => ({ claim, index, value: of(claim) }))
      .sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0) * (sort.down ? 1 : -1) || a.index - b.index);
    return sorted.map(({ claim }) => claim);
  }, [found, verdict, feature, words, sort]);
  const shown = all ? rows : rows.slice(0, FIRST_ROWS);
  const features = [...new Set(found.claims.map((claim) => claim.feature))].sort();
  return (
    <section>
      <h2>Dictionary of cells</h2>
      <p>
        Every pair of a cell and a feature that stood out. <strong>Observed</strong>: among the best on the first part of the text.{" "}
        <strong>Confirmed</strong>: also on other text, beyond chance, untrained networks and recent symbols. <strong>Causal</strong>:
        changing this cell alone changes what the network predicts, as the feature says. A score of 1 or −1 is perfect, 0 is none; its sign
        says whether the cell rises or falls.
      </p>
      <div class="controls">
        <Choice label="verdict" value={verdict} options={[["all", "all"], ["trackers", "at least confirmed"], ["causal", "causal"], ["confirmed", "confirmed"], ["observed", "observed"]]} choose={setVerdict} />
        <Choice label="feature" value={feature} options={[["", "all"], ...features.map((name): [string, string] => [name, name])]} choose={setFeature} />
        <label class="choice"><span class="label">words or cell</span>
          <input type="search" value={words} placeholder="quote, 2:17" onInput={(event) => setWords(event.currentTarget.value)} />
        </label>
        <span class="quiet small" aria-live="polite">{plural(rows.length, "claim")}</span>
      </div>
      <div class="scroll tall dictionary">
        <table>
          <thead>
            <tr>
              {COLUMNS.map(({ key, name }) => (
                <th scope="col" key={key} aria-sort={sort.key === key ? (sort.down ? "ascending" : "descending") : "none"}>
                  <button type="button" class="sorter" onClick={() => setSort({ key, down: sort.key === key ? !sort.down : true })}>
                    {name}<span aria-hidden="true">{sort.key === key ? (sort.down ? " ▾" : " ▴") : ""}</span>
                  </button>
                </th>
              ))}
              <th scope="col">not passed</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((claim) => (
              <tr key={`${claim.layer}:${claim.cell}${claim.quantity}${claim.feature}`} class={claim === chosen ? "current" : ""}>
                <th scope="row">
                  <a href={formatRoute({ page: "cells", params: writeChoice(page, found, claim.layer, claim.cell, claim) })}
                    aria-current={claim === chosen ? "true" : undefined}>{claim.layer}:{claim.cell}</a> <span class="quiet">{claim.quantity}</span>
                </th>
                <td title={hypothesisOf(found, claim.feature)?.words}>{claim.feature}</td>
                <td><Verdict verdict={claim.verdict} /></td>
                <td>{claim.score === null ? "–" : fixed(claim.score, 2)}{claim.interval && <span class="quiet small"> {fixed(claim.interval[0], 2)} to {fixed(claim.interval[1], 2)}</span>}</td>
                <td>{told(bar(claim))}</td>
                <td>{claim.intervention ? `${fixed(claim.intervention.effect_bits, 2)} bits` : "–"}</td>
                <td class="small">{failed(claim).join(", ") || claim.intervention?.why_not || "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p class="quiet">No claim is like this.</p>}
      </div>
      {rows.length > shown.length && <button type="button" class="minor" onClick={() => showAll(true)}>Show all {rows.length}</button>}{" "}
      <button type="button" class="minor" onClick={() => saveAs(`cells-${found.run}.csv`, "text/csv", asCsv(found))}>Save as CSV</button>{" "}
      <button type="button" class="minor" onClick={() => saveAs(`cells-${found.run}.json`, "application/json", JSON.stringify({ claims: found.claims, hypotheses: found.hypotheses }))}>Save as JSON</button>
      <p class="quiet small">
        Scores with bounds of 99 %; “to exceed”: the larger of what shifted features and untrained networks reach; effect: change of
        the log-odds of the symbols that the feature predicts when the cell gets values of the opposite condition, positive as predicted.
      </p>
    </section>
  );
}

export const told = (value: number | null): string => (value === null ? "–" : fixed(value, 2));

const asCsv = (found: Cells): string =>
  csv(
    ["layer", "cell", "quantity", "feature", "verdict", "score", "low", "high", "shifted", "untrained", "effect_bits", "effect_low", "effect_high", "elsewhere_bits", "largest_matched_bits", "not_passed"],
    found.claims.map((claim) => [
      claim.layer, claim.cell, claim.quantity, claim.feature, claim.verdict, claim.score, claim.interval?.[0] ?? null, claim.interval?.[1] ?? null,
      claim.shifted, claim.untrained, claim.intervention?.effect_bits ?? null, claim.intervention?.interval_bits[0] ?? null,
      claim.intervention?.interval_bits[1] ?? null, claim.intervention?.elsewhere_bits ?? null, claim.intervention?.matched_bits[0] ?? null,
      [...failed(claim), claim.intervention?.why_not ?? ""].filter(Boolean).join("; "),
    ]),
  );
