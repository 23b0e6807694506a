// Which cells track what, with the evidence: the paper's panels, all claims, and a card for each.
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Cells, Page } from "../../data/contract";
import { Choice as Select } from "../../heat/controls";
import { go, route } from "../../lib/route";
import { plural, whole } from "../../lib/units";
import type { PageProps } from "../table";
import { CellCard } from "./card";
import { Dictionary } from "./dictionary";
import { isTracker, readChoice, searchName } from "./find";
import { Panels } from "./panels";

const SETTLED_MS = 150;

export function CellsPage({ page, active }: PageProps) {
  // While another page is shown the address is not ours: keep what was chosen last.
  const params = useRef<Record<string, string>>({});
  if (active) params.current = route.value.params;
  const choice = useMemo(() => readChoice(page, params.current), [page, params.current]);
  const asked = active ? params.current.cell : undefined;
  const claim = active ? params.current.feature : undefined;
  useEffect(() => {
    if (!asked) return;
    // A page begins at its top, and passages above the card are still being opened: the card is sought after both.
    const timer = setTimeout(() => document.getElementById("cell-card")?.scrollIntoView({ block: "start" }), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [asked, claim]);
  const { found } = choice;
  return (
    <>
      {page.cells.length > 1 && (
        <div class="controls">
          <Select label="search" value={searchName(found, page)} options={page.cells.map((each): [string, string] => [searchName(each, page), searchName(each, page)])}
            choose={(run) => go({ page: "cells", params: { run } })} />
        </div>
      )}
      <Lead page={page} found={found} />
      <Panels page={page} found={found} />
      <Dictionary key={searchName(found, page)} page={page} found={found} chosen={choice.claim} />
      <CellCard page={page} choice={choice} />
      <Unsearched found={found} />
    </>
  );
}

function Lead({ page, found }: { page: Page; found: Cells }) {
  const trackers = found.claims.filter(isTracker);
  const cells = new Set(trackers.map((claim) => `${claim.layer}:${claim.cell}`)).size;
  const features = new Set(trackers.map((claim) => claim.feature)).size;
  const causal = trackers.filter((claim) => claim.verdict === "causal").length;
  const applicable = found.hypotheses.filter((each) => each.why_not === null).length;
  const run = page.runs.find((each) => each.name === found.run);
  const total = run ? run.layers * run.hidden : null;
  return (
    <>
      <p class="lead">
        {found.run} ({found.network}){total !== null && ` has ${whole(total)} cells`}: each was held against {plural(applicable, "feature")} of the text.{" "}
        {trackers.length === 0
          ? "No claim was confirmed: no cell can be called a tracker of any of them."
          : `${plural(cells, "cell")} ${cells === 1 ? "is" : "are"} confirmed to track ${plural(features, "feature")}; ${causal === 0 ? "none is shown to be causal" : `${plural(causal, "claim")} ${causal === 1 ? "is" : "are"} causal`}.`}
      </p>
      <p class="quiet small">
        Searched: {found.what}: {found.parts.join(", ")}; seed {found.seed}. {whole(found.columns)} columns (states of every cell), {plural(found.hypotheses.length, "hypothesis", "hypotheses")}, {plural(found.untrained, "untrained network")},{" "}
        {plural(found.shifts, "shift")}, {plural(found.tested, "pair")} changed. {found.notes.join(" ")}
      </p>
    </>
  );
}

function Unsearched({ found }: { found: Cells }) {
  const left = found.hypotheses.filter((each) => each.why_not !== null);
  if (left.length === 0) return null;
  return (
    <details>
      <summary>{plural(left.length, "feature")} of which this text says nothing</summary>
      <ul class="small">{left.map((each) => <li key={each.name}>{each.name}: {each.why_not}</li>)}</ul>
    </details>
  );
}
