// The norm of the gradient along training, and how often it was clipped.
import { Figure } from "../chart/figure";
import { Keys, Plot, type PlotSeries } from "../chart/plot";
import type { Run } from "../data/contract";
import { percent } from "../lib/units";

export function GradientNorms({ runs }: { runs: Run[] }) {
  const told = runs.filter((run) => run.curve.some((row) => row.gradient_norm !== null));
  if (told.length === 0) return null;
  const series: PlotSeries[] = told.map((run, index) => ({
    name: run.name, index,
    points: run.curve.flatMap((row) => (row.gradient_norm === null ? [] : [{ x: row.epoch, y: row.gradient_norm, title: "" }])),
  }));
  return (
    <section>
      <h2>The gradient</h2>
      <Figure name="gradient norms" caption={<>
        The norm of the whole gradient before any clipping, each point the mean over some updates, on a logarithmic axis. {told.map(sentence).join(" ")}
      </>} data={() => ({
        header: ["network", "step", "epoch", "gradient_norm"],
        rows: told.flatMap((run) => run.curve.flatMap((row) => (row.gradient_norm === null ? [] : [[run.name, row.step, row.epoch, row.gradient_norm]]))),
      })}>
        <Keys series={series} dots={false} />
        <Plot series={series} log dots={false} xLabel="epochs (readings of the training text)" yLabel="norm of the gradient"
          format={(value) => String(Number(value.toPrecision(3)))} label={`Gradient norms along training. ${told.map(sentence).join(" ")}`} />
      </Figure>
    </section>
  );
}

/** What is known of the clipping of one run. */
function sentence(run: Run): string {
  if (run.clipping === null) return `${run.name}: not clipped by norm.`;
  const { norm, share, at_most } = run.clipping;
  if (at_most === 0) return `${run.name}: no update had to be clipped to the norm ${norm}.`;
  if (share !== null) return `${run.name}: ${percent(share)} of all updates were clipped to the norm ${norm}.`;
  return `${run.name}: clipped to the norm ${norm}; how often was not counted, but the means of the rows allow at most ${percent(at_most)} of their updates.`;
}
