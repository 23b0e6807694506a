// Models whose memory is known exactly: n-grams and window networks by the symbols of context they see, both ways of
// cutting the text, what was counted, and what mixtures gain.
import { Figure, type Table } from "../chart/figure";
import { LineChart, LineKeys, type Level, type Series } from "../chart/lines";
import type { ContextLoss, Discounts, Loss, Ngram, NgramSplit, Page, Run } from "../data/contract";
import { bits, fixed, lossText, plural, whole } from "../lib/units";
import type { PageProps } from "./table";

export function Ngrams({ page }: PageProps) {
  const unit = page.meta.corpus.unit === "bytes" ? "byte" : "character";
  return (
    <>
      <p class="lead">
        How far back does a model have to look? An n-gram sees exactly the n {unit}s before the next one and remembers
        everything that ever followed them; a window network (n-NN) sees the same n and learns. A recurrent network has to
        beat both to show that it remembers more, or generalises better.
      </p>
      {page.ngrams.map((ngram) => <Model key={ngram.name} ngram={ngram} page={page} named={page.ngrams.length > 1} />)}
    </>
  );
}

function Model({ ngram, page, named }: { ngram: Ngram; page: Page; named: boolean }) {
  const rows = table(ngram, page);
  return (
    <section>
      {named && <h2>{ngram.name}</h2>}
      <Losses ngram={ngram} rows={rows} />
      <Chart ngram={ngram} rows={rows} page={page} />
      {ngram.mixtures.length > 0 && <Mixtures ngram={ngram} />}
      <Counts ngram={ngram} unit={page.meta.corpus.unit} />
    </section>
  );
}

/** Everything known about one length of context. */
interface Row {
  context: number;
  /** By split, in the order of the model's. */
  losses: (ContextLoss | undefined)[];
  networks: { name: string; loss: Loss }[];
  paper?: number;
  paperNetwork?: number;
}

function table(ngram: Ngram, page: Page): Row[] {
  const windows = page.runs.filter((run) => run.window !== null);
  const contexts = new Set([
    ...ngram.splits.flatMap((split) => split.losses.map((loss) => loss.context)),
    ...windows.map((run) => run.window!),
  ]);
  return [...contexts].sort((a, b) => a - b).map((context) => {
    const place = ngram.paper?.contexts.indexOf(context) ?? -1;
    return {
      context,
      losses: ngram.splits.map((split) => split.losses.find((loss) => loss.context === context)),
      networks: windows.filter((run) => run.window === context).flatMap((run) => {
        const loss = testLoss(run);
        return loss ? [{ name: run.name, loss }] : [];
      }),
      paper: place < 0 ? undefined : ngram.paper!.ngram[place],
      paperNetwork: place < 0 ? undefined : ngram.paper!.network[place] ?? undefined,
    };
  });
}

const testLoss = (run: Run): Loss | undefined => run.losses.find((loss) => loss.part === "test");

const SPLITS: Record<string, string> = {
  streams: "every test passage continues one that was trained on",
  contiguous: "the test part is one block that was never near the training part",
  files: "the test part is whole files of its own",
};

function Losses({ ngram, rows }: { ngram: Ngram; rows: Row[] }) {
  const windows = rows.some((row) => row.networks.length > 0);
  const shown = ngram.splits.filter((split) => split.losses.length > 0);
  return (
    <>
      <h2>Loss by symbols of context</h2>
      <p>
        On the test part, lower is better, with 95 % intervals in nats below; “best” marks the context that this model's
        validation part prefers. {shown.map((split) => (
          <span key={split.name}><strong>{split.name}</strong>: {SPLITS[split.name]}. </span>
        ))}{shown.length > 1 && "Only numbers of the same split can be compared."}
        {ngram.splits.filter((split) => split.why !== null).map((split) => (
          <span key={split.name}> The text cannot be cut as {split.name}: {split.why}. </span>
        ))}
      </p>
      {ngram.paper && <p>{ngram.paper.text}{comparable(ngram) ? "" : ` This model has ${ngram.seams} seams and the split ${ngram.splits[0].name}.`}</p>}
      <div class="scroll">
        <table class="contexts">
          <thead>
            <tr>
              <th scope="col">n</th>
              {shown.map((split) => <th scope="col" key={split.name}>n-gram, {split.name}{split.own && shown.length > 1 ? " (this model)" : ""}</th>)}
              {windows && <th scope="col">n-NN, {ngram.splits[0].name}</th>}
              {ngram.paper && <th scope="col">the paper's n-gram</th>}
              {ngram.paper && <th scope="col">the paper's n-NN</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.context}>
                <th scope="row">{row.context}{row.context === ngram.best_context && <span class="small best"> best</span>}</th>
                {ngram.splits.map((split, index) => split.losses.length > 0 && (
                  <td key={split.name}>
                    <Value nats={row.losses[index]?.loss_nats} interval={row.losses[index]?.interval_nats} />
                  </td>
                ))}
                {windows && <td>{row.networks.length === 0 && "–"}{row.networks.map(({ name, loss }) => <div key={name}><Value nats={loss.loss_nats} interval={loss.interval_nats} /></div>)}</td>}
                {ngram.paper && <td>{row.paper === undefined ? "–" : fixed(row.paper, 3)}</td>}
                {ngram.paper && <td>{row.paperNetwork === undefined ? "–" : fixed(row.paperNetwork, 3)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const comparable = (ngram: Ngram): boolean => ngram.seams === "joined" && ngram.splits[0].name === "streams";

const Value = ({ nats, interval }: { nats: number | null | undefined; interval: [number, number] | null | undefined }) =>
  nats === null || nats === undefined ? <>–</> : (
    <>
      {fixed(nats, 4)}<small class="quiet"> nats</small> {fixed(bits(nats), 3)}<small class="quiet"> bits</small>
      {interval && <span class="quiet small block">{interval.map((end) => fixed(end, 3)).join(" to ")}</span>}
    </>
  );

function Chart({ ngram, rows, page }: { ngram: Ngram; rows: Row[]; page: Page }) {
  const points = (pick: (row: Row) => number | null | undefined) =>
    rows.flatMap((row) => { const y = pick(row); return y === null || y === undefined ? [] : [{ x: row.context, y }]; });
  const series: Series[] = ngram.splits.map((split, index): Series => ({
    name: `n-gram, ${split.name}`, colour: `var(--series-${index + 1})`, look: "firm", points: points((row) => row.losses[index]?.loss_nats),
  }));
  series.push({ name: "n-NN", colour: "var(--series-3)", look: "firm", points: points((row) => row.networks[0]?.loss.loss_nats) });
  series.push({ name: "the paper's n-gram", colour: "var(--series-4)", look: "faint", points: points((row) => row.paper) });
  const drawn = series.filter((each) => each.points.length > 0);
  if (drawn.length === 0) return null;
  const levels: Level[] = page.runs.filter((run) => run.window === null).flatMap((run) => {
    const loss = testLoss(run);
    return loss ? [{ name: `${run.name} (test)`, y: loss.loss_nats }] : [];
  });
  return (
    <Figure name={`contexts-${ngram.name}`} data={() => asTable(rows, ngram.splits)} caption={<>
      Loss on the test part against the symbols of context that a model sees, in nats on the left and bits on the right. A level line
      is a recurrent network, whose context has no end: where it lies below every point, it knows more than any window that was tried.
    </>}>
      <LineKeys series={drawn} />
      <LineChart series={drawn} levels={levels} xLabel="n, symbols of context" left="test loss, nats" right="test loss, bits" convert={bits}
        describe={(n) => [plural(n, "symbol") + " of context", ...drawn.flatMap((each) => {
          const here = each.points.find((point) => point.x === n);
          return here ? [`${each.name}: ${lossText(here.y)}`] : [];
        })]}
        label={`Test loss against symbols of context. ${drawn.map((each) => `${each.name}: ${each.points.map((point) => `${point.x}: ${fixed(point.y, 3)}`).join(", ")} nats.`).join(" ")}`} />
    </Figure>
  );
}

function Mixtures({ ngram }: { ngram: Ngram }) {
  return (
    <>
      <h2>Together</h2>
      <p>
        Predictors mixed in fixed proportions, chosen on the validation part. What a mixture gains over its better member
        is what each of them knows and the other does not.
      </p>
      <div class="scroll">
        <table class="contexts">
          <thead><tr><th scope="col">mixture</th><th scope="col">test loss</th></tr></thead>
          <tbody>
            {ngram.mixtures.map((mixed) => (
              <tr key={mixed.name}>
                <th scope="row">{mixed.name}<span class="quiet small block">{mixed.meaning}</span></th>
                <td><Value nats={mixed.loss_nats} interval={mixed.interval_nats} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Counts({ ngram, unit }: { ngram: Ngram; unit: string }) {
  const fell = ngram.levels.some((level) => level.lower?.fallback || level.highest.fallback);
  return (
    <>
      <h2>What was counted</h2>
      <p>
        Different n-grams of each length, and what Kneser-Ney smoothing takes off their counts (of 1, of 2, of 3 or more):
        as the lower level that longer contexts fall back on, where counts are of different {unit} to the left, and as the
        longest level, where they are of occurrences. All levels are one model of {size(ngram.bytes)}.
        {fell && " † The formula needs n-grams that were counted once, twice and three times; some of these are missing here, so these discounts are fixed ones."}
      </p>
      <div class="scroll">
        <table class="contexts">
          <thead>
            <tr><th scope="col">n</th><th scope="col">n-grams (of n + 1 symbols)</th><th scope="col">discounts D1 D2 D3+, lower level</th><th scope="col">discounts D1 D2 D3+, longest level</th></tr>
          </thead>
          <tbody>
            {ngram.levels.map((level) => (
              <tr key={level.context}>
                <th scope="row">{level.context}</th><td>{whole(level.ngrams)}</td>
                <td>{level.lower ? discounts(level.lower) : "–"}</td><td>{discounts(level.highest)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const discounts = (found: Discounts): string => found.values.map((value) => fixed(value, 3)).join(", ") + (found.fallback ? " †" : "");

const size = (bytes: number): string => (bytes < 1 << 20 ? `${fixed(bytes / 1024, 1)} KiB` : `${fixed(bytes / (1 << 20), 1)} MiB`);

const asTable = (rows: Row[], splits: NgramSplit[]): Table => ({
  header: ["context", ...splits.flatMap(({ name }) => [`${name}_valid_loss_nats`, `${name}_loss_nats`, `${name}_low_nats`, `${name}_high_nats`]), "network_loss_nats", "paper_ngram_nats", "paper_network_nats"],
  rows: rows.map((row) => [
    row.context,
    ...row.losses.flatMap((loss) => [loss?.valid_loss_nats ?? null, loss?.loss_nats ?? null, loss?.interval_nats?.[0] ?? null, loss?.interval_nats?.[1] ?? null]),
    row.networks[0]?.loss.loss_nats ?? null, row.paper ?? null, row.paperNetwork ?? null,
  ]),
});
