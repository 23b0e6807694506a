// One cell and one feature: what was asked, what was measured, what it did in the text.
import { useState } from "preact/hooks";
import type { Claim, Hypothesis, Page } from "../../data/contract";
import { Choice as Select } from "../../heat/controls";
import type { Scale } from "../../heat/colour";
import { Legend } from "../../heat/legend";
import { formatRoute } from "../../lib/route";
import { fixed } from "../../lib/units";
import { Clamps, Effects, Reach, Scores, Values } from "./charts";
import { type Choice, exhibitOf, failed, hypothesisOf, writeChoice } from "./find";
import { Verdict } from "./panels";
import { type OpenExhibit, Passages, ownRange, place, useExhibit } from "./passages";

export function CellCard({ page, choice }: { page: Page; choice: Choice }) {
  const { found, layer, cell, claim } = choice;
  const source = exhibitOf(found, layer, cell);
  const exhibit = useExhibit(source);
  const [named, name] = useState<string | null>(null);
  const [own, setOwn] = useState(true);
  const quantity = named ?? claim?.quantity ?? source?.quantity ?? "h";
  const others = found.claims.filter((each) => each.layer === layer && each.cell === cell && each !== claim);
  const hypothesis = claim ? hypothesisOf(found, claim.feature) : undefined;
  const histogram = source?.histograms.find((each) => each.feature === claim?.feature && each.quantity === claim?.quantity);
  const trace = exhibit?.traces.get(quantity)?.trace;
  const heat = { run: found.run, layer: String(layer), quantity, cell: String(cell) };
  return (
    <section id="cell-card" class="cell-card" aria-label={`cell ${layer}:${cell}`}>
      <h2>Cell {layer}:{cell}{claim && <> and {claim.feature} <Verdict verdict={claim.verdict} /></>}</h2>
      {claim ? <Claimed claim={claim} hypothesis={hypothesis} /> : (
        <p>This cell follows none of the features{found.least_score !== null && `: its best score for any of them is ${fixed(found.least_score, 2)}`}. Most cells of a network have no name.</p>
      )}
      <p class="small">
        {page.runs.some((run) => run.name === found.run && run.passages.length > 0) && <a href={formatRoute({ page: "heat", params: heat })}>Read it in the text</a>}
        {others.length > 0 && <>{" "}Other claims about this cell: {others.slice(0, 8).map((other, index) => (
          <>{index > 0 && ", "}<a key={index} href={formatRoute({ page: "cells", params: writeChoice(page, found, layer, cell, other) })}>{other.feature} ({other.quantity}, {other.verdict})</a></>
        ))}{others.length > 8 && ` and ${others.length - 8} more`}.</>}
      </p>
      {claim && (
        <div class="columns evidence">
          <div><h3>Scores</h3><Scores found={found} claim={claim} /></div>
          {claim.intervention && <div><h3>Changing it</h3><Effects claim={claim} proof={claim.intervention} /></div>}
          {histogram && <div><h3>Its values</h3><Values claim={claim} histogram={histogram} /></div>}
          {hypothesis && hypothesis.probes.length > 0 && <div><h3>One cell, or many?</h3><Probes hypothesis={hypothesis} /></div>}
          {claim.distances.some((bucket) => bucket.score !== null) && <div><h3>How far it reaches</h3><Reach found={found} claim={claim} /></div>}
          {claim.clamps.length > 0 && <div><h3>Held at a value</h3><Clamps claim={claim} /><p class="quiet small">Mean change of the same log-odds, as drawn under “Changing it”, when the cell is held at one value. Shown, not tested.</p></div>}
        </div>
      )}
      {exhibit && trace ? (
        <>
          <h3>In the text</h3>
          <p class="small">
            Passages are chosen by {exhibit.source.quantity} and a rule, never by eye, from text that took no part in choosing the cell.
            {exhibit.track && exhibit.source.feature && ` Underlined: where ${exhibit.source.feature} holds, if that is a matter of yes or no.`}
          </p>
          <div class="controls">
            <Select label="coloured by" value={quantity} options={exhibit.source.traces.map((each): [string, string] => [each.name, `${each.name}: ${each.meaning}`])} choose={name} />
            <Select label="colours over" value={own ? "cell" : "full"} options={[["cell", "range of this cell"], ["full", "whole range of the quantity"]]} choose={(range) => setOwn(range === "cell")} />
            <Legend name={quantity} value={null} scale={own ? ownScale(exhibit, quantity) : {
              kind: trace.kind, place: (value) => place(trace.kind, value), words: trace.kind === "gate" ? "from 0 to 1" : trace.kind === "cell" ? "unbounded, coloured by its tanh" : "from −1 to 1",
              ticks: trace.kind === "gate" ? [0, 0.5, 1] : trace.kind === "cell" ? [-2, -1, -0.5, 0, 0.5, 1, 2] : [-1, -0.5, 0, 0.5, 1],
            }} />
          </div>
          <Passages key={`${layer}:${cell}`} found={found} exhibit={exhibit} quantity={quantity} own={own} />
        </>
      ) : source ? <p class="quiet">Opening its passages…</p> : (
        <p class="quiet">No passages of this cell are kept: they are for the four best trackers of every feature, or its best candidate.</p>
      )}
    </section>
  );
}

function ownScale(exhibit: OpenExhibit, quantity: string): Scale {
  const { trace, numbers } = exhibit.traces.get(quantity)!;
  const [low, high] = ownRange(numbers);
  return { kind: trace.kind, place: (value) => (value - low) / (high - low || 1), ticks: [low, (low + high) / 2, high], words: "the middle 96 % of its values in these passages" };
}

function Claimed({ claim, hypothesis }: { claim: Claim; hypothesis: Hypothesis | undefined }) {
  const missed = failed(claim);
  return (
    <>
      {hypothesis && <p class="lead">“{hypothesis.words}”</p>}
      <ul class="checks" aria-label="tests">
        {claim.checks.map((check) => <li key={check.name} class={check.passed ? "passed" : "missed"}>{check.passed ? "✓" : "✗"} {check.name}</li>)}
        {claim.intervention && <li class={claim.intervention.why_not ? "missed" : "passed"}>{claim.intervention.why_not ? "✗" : "✓"} intervention</li>}
      </ul>
      <p>
        {claim.verdict === "observed" && (missed.length > 0
          ? `Observed only: it did not pass ${missed.join(" and ")}. It is no tracker.`
          : "Observed only: it could not be tested.")}
        {claim.verdict === "confirmed" && (claim.intervention
          ? `Confirmed, and not shown to act: ${claim.intervention.why_not}.`
          : "Confirmed on text that took no part in finding it; it was not changed.")}
        {claim.verdict === "causal" && "Confirmed, and changing it alone changes the predictions as the feature says, more than any matched cell does."}
        {claim.redundant.length > 0 && ` Silencing it together with ${claim.redundant.map((one) => `${one.layer}:${one.cell}`).join(" or ")} costs more than silencing either: they share the work.`}
        {claim.notes.map((note) => ` ${note[0].toUpperCase()}${note.slice(1)}.`)}
      </p>
    </>
  );
}

function Probes({ hypothesis }: { hypothesis: Hypothesis }) {
  return (
    <div class="scroll">
      <table class="contexts">
        <thead><tr><th scope="col">linear reading of</th><th scope="col">score</th><th scope="col">on random labels</th></tr></thead>
        <tbody>
          {hypothesis.probes.map((probe) => (
            <tr key={String(probe.cells)}>
              <th scope="row">{probe.cells === null ? "all cells" : probe.cells === 1 ? "the best cell" : `the best ${probe.cells}`}</th>
              <td>{probe.score === null ? "–" : fixed(Math.abs(probe.score), 2)}</td><td>{probe.control === null ? "–" : fixed(Math.abs(probe.control), 2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet small">
        Fitted on one part of the text, scored on another. If one cell does as well as all, the code is that cell; if it takes many, it is
        distributed. Random labels, one for each pair of symbols: what a reading of that size gets without any knowledge of the feature.
      </p>
    </div>
  );
}
