// How long networks remember: gradients of a loss at older states, and what hiding older text costs.
import { Keys, Plot, type PlotSeries } from "../chart/plot";
import type { GradientCurve, Memory as Found } from "../data/contract";
import { csv, saveAs } from "../lib/download";
import { fixed, plural } from "../lib/units";
import type { PageProps } from "./table";

export function Memory({ page }: PageProps) {
  return (
    <>
      <p class="lead">
        Two measures of memory that mean different things: how a small change of an old state would be felt (gradients), and
        what it costs when everything older than a number of symbols is put out of sight (context).
      </p>
      {page.memories.map((found) => <One key={found.run} found={found} />)}
    </>
  );
}

const stateName = (curve: GradientCurve): string => `${curve.state}, layer ${curve.layer}`;
const reach = (distance: number | null, longest: number): string => (distance === null ? `> ${longest}` : String(distance));

function One({ found }: { found: Found }) {
  const all = found.gradients.filter((curve) => curve.event === "all");
  const gradients: PlotSeries[] = all.map((curve, index) => ({
    name: stateName(curve), index, points: curve.ratio.map((y, x) => ({ x, y: y < FLOOR ? 0 : y, title: "" })),
  }));
  const events: PlotSeries[] = found.context.map((curve, index) => ({
    name: curve.event, index, points: curve.points.map((point, place) => ({ point, place })).filter(({ point }) => point.cases > 0).map(({ point, place }) => ({
      x: place, y: point.excess_nats, interval: point.interval_nats, weak: !point.enough,
      title: `${curve.event}, ${range(point.fewest, point.most)} symbols: ${fixed(point.excess_nats, 3)} nats (${plural(point.cases, "case")})`,
    })),
  }));
  return (
    <section>
      <h2>{found.run}</h2>
      <p class="quiet">{found.what}; gradients flowed over {found.steps} symbols in training.</p>
      <h3>Gradients</h3>
      <figure class="finding">
        <Keys series={gradients} dots={false} />
        <Plot series={gradients} log dots={false} mark={{ x: found.steps, name: `${found.steps} training steps` }} xLabel="symbols back" yLabel="median norm, relative"
          format={(value) => (value >= 0.01 ? String(Number(value.toPrecision(3))) : value.toExponential(0))}
          label={`Gradient norms by distance. ${all.map((curve) => `${stateName(curve)}: half at ${reach(curve.half_life, found.distances)}`).join("; ")}`} />
        <figcaption>
          The norm of the gradient of one symbol's loss with respect to the state k symbols before, relative to its own value at
          distance 0; the median over losses of all kinds of symbol. The axis is logarithmic: a straight fall is a memory that
          loses the same share with every symbol. Below {FLOOR.toExponential(0)} nothing is drawn.
        </figcaption>
      </figure>
      <div class="scroll">
        <table class="contexts">
          <thead><tr><th scope="col">losses at</th><th scope="col">state</th><th scope="col">half-life</th><th scope="col">below 1/100 from</th><th scope="col">below 1/1,000 from</th><th scope="col">kept per symbol</th><th scope="col">cases</th></tr></thead>
          <tbody>
            {found.gradients.map((curve) => (
              <tr key={`${curve.event} ${stateName(curve)}`}>
                <th scope="row">{curve.event}</th><td>{stateName(curve)}</td><td>{reach(curve.half_life, found.distances)}</td>
                <td>{reach(curve.horizon_hundredth, found.distances)}</td><td>{reach(curve.horizon_thousandth, found.distances)}</td>
                <td>{curve.decay_per_symbol === null ? "–" : fixed(curve.decay_per_symbol, 3)}</td><td>{curve.cases}{!curve.enough && " †"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet small">Distances in symbols, from which on the median stays below. † fewer than 50 cases: no conclusion.</p>
      <h3>Context</h3>
      <figure class="finding">
        <Keys series={events} />
        <Plot series={events} xLabel="symbols of context" yLabel="excess loss, nats" format={(value) => fixed(value, 2)}
          xTicks={found.context[0]?.points.map((point, x) => ({ x, name: String(point.fewest) })).filter((_, index) => index % 2 === 0)}
          label={`Excess loss by context. ${events.flatMap((each) => each.points.map((point) => point.title)).join("; ")}`} />
        <figcaption>
          What the loss rises by when everything older is {found.older}, against the symbols of context that stay. The steps of the
          axis grow; each stands for the contexts up to the next. Vertical bars are 95 % intervals over stretches of text; hollow
          points rest on fewer than 50 cases. Excess below 0.01 nats from:{" "}
          {found.context.map((curve) => `${curve.event} ${reach(curve.reach, found.distances)}`).join(", ")}.
        </figcaption>
      </figure>
      <button type="button" class="minor" onClick={() => saveAs(`memory-${found.run}.csv`, "text/csv", gradientsCsv(found))}>Save gradients as CSV</button>{" "}
      <button type="button" class="minor" onClick={() => saveAs(`context-${found.run}.csv`, "text/csv", contextCsv(found))}>Save context as CSV</button>
    </section>
  );
}

/** Smaller ratios are rounding of float32 as much as gradients. */
const FLOOR = 1e-9;

const range = (fewest: number, most: number): string => (fewest === most ? String(fewest) : `${fewest}–${most}`);

const gradientsCsv = (found: Found): string =>
  csv(
    ["event", "state", "layer", "cases", "distance", "median_ratio"],
    found.gradients.flatMap((curve) => curve.ratio.map((ratio, distance) => [curve.event, curve.state, curve.layer, curve.cases, distance, ratio])),
  );

const contextCsv = (found: Found): string =>
  csv(
    ["event", "fewest", "most", "cases", "loss_nats", "excess_nats", "low", "high"],
    found.context.flatMap((curve) => curve.points.map((point) => [
      curve.event, point.fewest, point.most, point.cases, point.loss_nats, point.excess_nats, point.interval_nats?.[0] ?? null, point.interval_nats?.[1] ?? null,
    ])),
  );
