// Where every number comes from, how it was made, how to make it again, and the data to take away.
import { Fragment } from "preact";
import type { Page, Row } from "../data/contract";
import { saveAs } from "../lib/download";
import type { PageProps } from "./table";

export function Method({ page }: PageProps) {
  const { meta } = page;
  return (
    <>
      {meta.commands.length > 0 && (
        <section>
          <h2>To make this again</h2>
          {meta.commands.map((command) => <pre class="command" key={command} tabIndex={0}>{command}</pre>)}
        </section>
      )}
      {meta.method.length > 0 && (
        <section>
          <h2>Protocol</h2>
          {meta.method.map((sentence) => <p key={sentence}>{sentence}</p>)}
        </section>
      )}
      <section>
        <h2>How to read this page</h2>
        <p>
          A <strong>nat</strong> is the unit of −ln p, a <strong>bit</strong> that of −log₂ p; one nat is 1.4427 bits. The
          <strong> hidden state h</strong> and the candidate lie between −1 and 1: blue is positive, red negative, white
          exactly 0. The <strong>memory c</strong> has no bounds and is coloured by its tanh, with the number itself on
          hover. <strong>Gates</strong> lie between 0 and 1 and have a green scale of their own. Colours never depend on
          the passage shown: 1 looks the same in every text.
        </p>
        <dl class="facts">
          {quantities(page).map(([name, meaning, explained]) => (
            <Fragment key={name + explained}><dt>{name}</dt><dd>{meaning}: {explained}</dd></Fragment>
          ))}
        </dl>
        <p>
          That a cell lights up on something in one passage is an observation, not a finding: among hundreds of cells
          some will fit any idea by accident.
        </p>
      </section>
      <Table title="Provenance" rows={meta.provenance} />
      <Table title="Made from" rows={meta.made_from} mono />
      <section>
        <h2>Data</h2>
        <p>Everything this page shows, format {meta.format}, made by rnnscope {meta.version}.</p>
        <button type="button" class="minor" onClick={() => saveAs("rnnscope-page.json", "application/json", JSON.stringify(page))}>
          Save all data as JSON
        </button>
      </section>
    </>
  );
}

/** Every quantity on the page with its meaning; a name with two meanings (z of the two GRU forms) is listed twice. */
function quantities(page: Page): [string, string, string][] {
  const all = page.runs.flatMap((run) => run.passages.flatMap((passage) => passage.quantities));
  return [...new Map(all.map((each) => [each.name + each.explained, [each.name, each.meaning, each.explained] as [string, string, string]])).values()];
}

function Table({ title, rows, mono = false }: { title: string; rows: Row[]; mono?: boolean }) {
  if (rows.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <div class="scroll">
        <table class="rows">
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}><th scope="row">{row.name}</th><td class={mono ? "hash" : ""}>{row.value}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
