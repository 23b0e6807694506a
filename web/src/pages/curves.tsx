// Learning curves: the loss on the training text and on the validation text, in nats and bits.
import { useState } from "preact/hooks";
import { Figure, type Table } from "../chart/figure";
import { LineChart, LineKeys, type Series } from "../chart/lines";
import type { CurveRow, Page, Run } from "../data/contract";
import { bits, fixed, lossText, whole } from "../lib/units";
import { GradientNorms } from "./norms";
import type { PageProps } from "./table";

/** Colours of runs, after Okabe and Ito: told apart with every common kind of colour vision (see base.css). */
const COLOURS = 6;

export function Curves({ page }: PageProps) {
  const runs = page.runs.filter((run) => run.curve.length > 0);
  const series = runs.flatMap((run, index) => lines(run, `var(--series-${(index % COLOURS) + 1})`));
  const [close, look] = useState(false);
  return (
    <>
      <p class="lead">
        How the loss fell while the {runs.length === 1 ? "network" : "networks"} read the training text again and again.
        The firm line is the loss on the validation part, which is never trained on: where it stops falling while the
        faint one goes on, the network has begun to learn its text by heart.
      </p>
      <label class="toggle">
        <input type="checkbox" checked={close} onChange={(event) => look(event.currentTarget.checked)} /> look closely at the end
      </label>
      <Figure name="learning-curves" data={() => table(runs)} caption={<>
        Loss against readings of the training text, in nats on the left and bits on the right. The faint line is the mean over the
        updates since the point before; a dot is a reading of the whole validation part.
      </>}>
        <LineKeys series={series} />
        <LineChart series={series} levels={near(page, series)} ceiling={close ? ceiling(series) : undefined} xLabel="epochs (readings of the training text)"
          left="loss, nats" right="loss, bits" convert={bits} describe={(epoch) => describe(runs, epoch)}
          label={`Loss against epochs. ${runs.map(sentence).join(" ")} Left and right keys read the values.`} />
      </Figure>
      <details>
        <summary>The same as a table</summary>
        <div class="scroll tall"><Rows runs={runs} /></div>
      </details>
      <GradientNorms runs={runs} />
    </>
  );
}

function lines(run: Run, colour: string): Series[] {
  const pick = (key: "train_loss_nats" | "valid_loss_nats") =>
    run.curve.flatMap((row) => (row[key] === null ? [] : [{ x: row.epoch, y: row[key] }]));
  const made: Series[] = [
    { name: `${run.name}, training`, colour, points: pick("train_loss_nats"), look: "faint" },
    { name: `${run.name}, validation`, colour, points: pick("valid_loss_nats"), look: "firm" },
  ];
  return made.filter((each) => each.points.length > 0);
}

/** The highest validation loss of the later half: above it, little happens that can still be compared. */
function ceiling(series: Series[]): number {
  const later = series.filter((each) => each.look === "firm").flatMap(({ points }) => points.slice(Math.floor(points.length / 4)));
  return Math.max(...(later.length ? later : series.flatMap((each) => each.points)).map((point) => point.y));
}

/** Reference losses that lie near what is drawn; a far one would flatten the curves. */
function near(page: Page, series: Series[]) {
  const highest = Math.max(...series.flatMap((each) => each.points.map((point) => point.y)));
  return page.meta.references.filter((each) => each.loss_nats <= highest * 1.1).map((each) => ({ name: each.name, y: each.loss_nats }));
}

/** The numbers at a place: the training row nearest to it, and the last validation up to it. */
function describe(runs: Run[], epoch: number): string[] {
  const out = [`epoch ${fixed(epoch, 2)}`];
  for (const run of runs) {
    const who = runs.length > 1 ? `${run.name}, ` : "";
    const near = run.curve.filter((row) => row.train_loss_nats !== null).reduce<CurveRow | null>(
      (best, row) => (best && Math.abs(best.epoch - epoch) <= Math.abs(row.epoch - epoch) ? best : row), null);
    if (near) {
      out.push(`${who}training: ${lossText(near.train_loss_nats!)}`);
      const rate = near.learning_rate === null ? "" : `, learning rate ${near.learning_rate}`;
      const norm = near.gradient_norm === null ? "" : `, gradient norm ${fixed(near.gradient_norm, 2)}`;
      if (runs.length === 1) out.push(`step ${whole(near.step)}${rate}${norm}`);
    }
    const checked = run.curve.filter((row) => row.valid_loss_nats !== null && row.epoch <= epoch).at(-1);
    if (checked) out.push(`${who}validation: ${lossText(checked.valid_loss_nats!)}${checked.epoch === epoch ? "" : ` (epoch ${fixed(checked.epoch, 2)})`}`);
  }
  return out;
}

function sentence(run: Run): string {
  const valid = run.curve.flatMap((row) => (row.valid_loss_nats === null ? [] : [row.valid_loss_nats]));
  if (valid.length === 0) return `${run.name}: no validation yet.`;
  return `${run.name}: validation from ${lossText(valid[0])} to ${lossText(valid.at(-1)!)}, best ${lossText(Math.min(...valid))}.`;
}

function Rows({ runs }: { runs: Run[] }) {
  const cell = (nats: number | null) => (nats === null ? "" : lossText(nats));
  return (
    <table>
      <thead><tr>{["network", "step", "epoch", "training", "validation"].map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
      <tbody>
        {runs.flatMap((run) => run.curve.map((row, index) => (
          <tr key={`${run.name} ${index}`}>
            <td>{run.name}</td><td>{whole(row.step)}</td><td>{fixed(row.epoch, 2)}</td>
            <td>{cell(row.train_loss_nats)}</td><td>{cell(row.valid_loss_nats)}</td>
          </tr>
        )))}
      </tbody>
    </table>
  );
}

const table = (runs: Run[]): Table => ({
  header: ["network", "step", "epoch", "train_loss_nats", "valid_loss_nats", "learning_rate", "gradient_norm"],
  rows: runs.flatMap((run) => run.curve.map((row) => [
    run.name, row.step, row.epoch, row.train_loss_nats, row.valid_loss_nats, row.learning_rate, row.gradient_norm,
  ])),
});
