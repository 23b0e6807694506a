// What was trained on what, what came out, and what can be concluded from the text.
import { Fragment } from "preact";
import type { ContextLoss, Loss, Ngram, Note, Page, Run } from "../data/contract";
import { bits, fixed, plural, whole } from "../lib/units";
import { Findings } from "./findings";
import { Models } from "./models";
import type { PageProps } from "./table";

export function Results({ page }: PageProps) {
  const { meta } = page;
  return (
    <>
      {meta.summary.map((sentence) => <p class="lead" key={sentence}>{sentence}</p>)}
      {meta.warnings.map((warning) => <p class="warning" key={warning}>{warning}</p>)}
      <Findings page={page} />
      <Models page={page} />
      <LossTable page={page} />
      <div class="columns">
        {page.runs.length > 0 && <Networks runs={page.runs} />}
        {page.ngrams.length > 0 && <Counts ngrams={page.ngrams} />}
        <TextFacts page={page} />
      </div>
      {meta.notes.length > 0 && <Notes page={page} />}
    </>
  );
}

function LossTable({ page }: { page: Page }) {
  const rows = [
    ...page.runs.map(({ name, description, losses }) => ({ name, description, losses })),
    ...page.ngrams.flatMap((ngram) => best(ngram).map(([loss, losses]) => ({
      name: `${ngram.name}: context ${loss.context}`, losses,
      description: `an n-gram that sees ${plural(loss.context, "symbol")}, the best on the validation part`,
    }))),
  ];
  const parts = [...new Set(rows.flatMap((row) => row.losses.map((loss) => loss.part)))];
  if (parts.length === 0) return null;
  const highest = Math.max(
    ...page.meta.references.map((each) => each.loss_nats),
    ...rows.flatMap((row) => row.losses.map((loss) => loss.loss_nats)),
  );
  const unit = page.meta.corpus.unit === "bytes" ? "byte" : "character";
  return (
    <section>
      <h2>Loss</h2>
      <p>
        The mean cost of a {unit}: −log p of the one that came, given all before it. Lower is better; a text without any
        regularity would cost log {whole(page.meta.corpus.distinct)} ={" "}
        {fixed(Math.log(page.meta.corpus.distinct), 3)} nats.
      </p>
      <div class="scroll">
        <table class="losses">
          <thead>
            <tr>
              <th scope="col">predictor</th>
              {parts.map((part) => <th scope="col" key={part} class="loss-head">{part}</th>)}
              <th scope="col" class="wide"><span class="sr">as a bar</span></th>
            </tr>
          </thead>
          <tbody>
            {page.meta.references.map((reference) => (
              <tr key={reference.name} class="reference">
                <th scope="row">{reference.name}<span class="quiet small block">{reference.meaning}</span></th>
                {parts.map((part, index) => (
                  <td key={part}>{index === parts.length - 1 && <LossValue nats={reference.loss_nats} />}</td>
                ))}
                <td><Bar share={reference.loss_nats / highest} /></td>
              </tr>
            ))}
            {rows.map((row) => (
              <tr key={row.name}>
                <th scope="row">{row.name}<span class="quiet small block">{row.description}</span></th>
                {parts.map((part) => <td key={part}><LossCell loss={row.losses.find((each) => each.part === part)} /></td>)}
                <td><Bar share={(row.losses.find((each) => each.part === parts.at(-1))?.loss_nats ?? 0) / highest} strong /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The context that the validation part prefers, with its losses in the form of a network's. */
function best(ngram: Ngram): [ContextLoss, Loss[]][] {
  const own = ngram.splits[0];
  const loss = own.losses.find((each) => each.context === ngram.best_context);
  if (!loss || loss.loss_nats === null || loss.valid_loss_nats === null) return [];
  return [[loss, [
    { part: "validation", loss_nats: loss.valid_loss_nats, symbols: own.valid_symbols, interval_nats: loss.valid_interval_nats },
    { part: "test", loss_nats: loss.loss_nats, symbols: own.symbols, interval_nats: loss.interval_nats },
  ]]];
}

const LossCell = ({ loss }: { loss: Loss | undefined }) =>
  loss ? <><LossValue nats={loss.loss_nats} />{loss.interval_nats && (
    <span class="quiet small block">95 %: {loss.interval_nats.map((nats) => fixed(nats, 3)).join(" to ")} nats</span>
  )}<span class="quiet small block">over {whole(loss.symbols)}</span></> : <>–</>;

const LossValue = ({ nats }: { nats: number }) => (
  <span class="loss"><span>{fixed(nats, 4)}<small> nats</small></span><span>{fixed(bits(nats), 4)}<small> bits</small></span></span>
);

const Bar = ({ share, strong = false }: { share: number; strong?: boolean }) => (
  <span class={`loss-bar ${strong ? "strong" : ""}`} aria-hidden="true"><span style={{ width: `${(share * 100).toFixed(1)}%` }} /></span>
);

const STATES: Record<Run["state"], string> = {
  new: "not yet trained", running: "still training", complete: "finished", interrupted: "interrupted",
  diverged: "stopped: the loss was no longer a number", "early-stopped": "stopped early: validation no longer improved",
};

/** More networks than this are folded away: the table of models says most of it. */
const UNFOLDED = 4;

function Networks({ runs }: { runs: Run[] }) {
  const facts = runs.map((run) => (
    <dl class="facts" key={run.name}>
      {runs.length > 1 && <><dt>name</dt><dd>{run.name}</dd></>}
      <dt>kind</dt><dd>{run.description}</dd>
      <dt>parameters</dt><dd>{whole(run.parameters)}</dd>
      <dt>training</dt><dd>{STATES[run.state]}, {fixed(run.epochs_reached, run.epochs_reached % 1 ? 2 : 0)} of {plural(run.epochs, "epoch")}</dd>
      {run.best_step !== null && <><dt>weights used</dt><dd>of step {whole(run.best_step)}, the best on the validation part</dd></>}
    </dl>
  ));
  return (
    <section>
      <h2>{runs.length === 1 ? "The network" : "The networks"}</h2>
      {runs.length <= UNFOLDED ? facts : <details><summary>{plural(runs.length, "network")}: kind, training, weights</summary>{facts}</details>}
    </section>
  );
}

function Counts({ ngrams }: { ngrams: Ngram[] }) {
  return (
    <section>
      <h2>{ngrams.length === 1 ? "The n-gram model" : "The n-gram models"}</h2>
      {ngrams.map((ngram) => (
        <dl class="facts" key={ngram.name}>
          {ngrams.length > 1 && <><dt>name</dt><dd>{ngram.name}</dd></>}
          <dt>kind</dt><dd>interpolated modified Kneser-Ney, unpruned, contexts of 0 to {plural(ngram.longest, "symbol")} in one model</dd>
          <dt>seams</dt><dd>{ngram.seams === "true" ? "true: every symbol is read after the symbols before it in the text" : "joined: parts concatenated, with sentence marks, as KenLM is fed"}</dd>
          <dt>n-grams</dt><dd>{whole(ngram.levels.reduce((sum, level) => sum + level.ngrams, 0))} of all lengths</dd>
        </dl>
      ))}
    </section>
  );
}

function TextFacts({ page }: { page: Page }) {
  const { corpus } = page.meta;
  return (
    <section>
      <h2>The text</h2>
      <dl class="facts">
        <dt>name</dt><dd>{corpus.name}</dd>
        <dt>size</dt><dd>{whole(corpus.symbols)} {corpus.unit}</dd>
        <dt>alphabet</dt><dd>{whole(corpus.distinct)} different {corpus.unit}</dd>
        {corpus.parts.map((part) => <Fragment key={part.name}><dt>{part.name}</dt><dd>{part.value}</dd></Fragment>)}
        <dt>SHA-256</dt><dd class="hash">{corpus.sha256}</dd>
      </dl>
    </section>
  );
}

function Notes({ page }: { page: Page }) {
  const [small, enough] = [false, true].map((wanted) => page.meta.notes.filter((note) => note.enough === wanted));
  return (
    <section>
      <h2>What can be concluded from this text</h2>
      {small.length > 0 && <p class="too-small">✗ The text is too small for:</p>}
      {small.length > 0 && <Reasons notes={small} />}
      {enough.length > 0 && (
        <details class="enough">
          <summary>✓ Large enough for {enough.map((note) => note.name).join(", ")}</summary>
          <Reasons notes={enough} />
        </details>
      )}
    </section>
  );
}

const Reasons = ({ notes }: { notes: Note[] }) => (
  <dl class="facts reasons">
    {notes.map((note) => <Fragment key={note.name}><dt>{note.name}</dt><dd>{note.why}</dd></Fragment>)}
  </dl>
);
