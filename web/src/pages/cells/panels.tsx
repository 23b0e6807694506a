// The paper's seven panels, with what this network has for each.
import type { Cells, Page, Panel } from "../../data/contract";
import { formatRoute } from "../../lib/route";
import { exhibitOf, writeChoice } from "./find";
import { PassageText, useExhibit } from "./passages";

export function Panels({ page, found }: { page: Page; found: Cells }) {
  return (
    <section>
      <h2>The paper's seven panels</h2>
      <p>
        Figure 2 of Karpathy, Johnson and Fei-Fei (2015) shows seven cells that were found by eye. Beside each: the strongest claim of
        this search, on a passage chosen by rule: the middle of it is where the cell's value is most extreme. Colours run over the cell's own
        range, from red (low) to blue (high); underlined is where a feature holds that holds or does not.
      </p>
      <div class="panels">{found.panels.map((panel) => <One key={panel.title} page={page} found={found} panel={panel} />)}</div>
    </section>
  );
}

function One({ page, found, panel }: { page: Page; found: Cells; panel: Panel }) {
  const { cell } = panel;
  const claim = panel.claim === null ? null : found.claims[panel.claim];
  const exhibit = useExhibit(cell ? exhibitOf(found, cell.layer, cell.cell) : undefined);
  const quantity = claim?.quantity ?? exhibit?.source.quantity ?? "h";
  const address = cell && formatRoute({ page: "cells", params: writeChoice(page, found, cell.layer, cell.cell, claim) });
  return (
    <figure class="panel">
      <h3>{panel.title} {claim && <Verdict verdict={claim.verdict} />}</h3>
      <p class="small quiet">Paper: {panel.paper}</p>
      {exhibit && <PassageText found={found} exhibit={exhibit} passage={0} quantity={quantity} own underline={claim?.feature === exhibit.source.feature} />}
      <figcaption>{panel.said} {address && <a href={address}>Look at cell {cell.layer}:{cell.cell}</a>}</figcaption>
    </figure>
  );
}

export const Verdict = ({ verdict }: { verdict: string }) => <span class={`verdict ${verdict}`}>{verdict}</span>;
