// How long networks remember: gradients of a loss at older states, and what hiding older text costs.
import { Figure, type Table } from "../chart/figure";
import { Keys, Plot, type PlotSeries } from "../chart/plot";
import type { GradientCurve, Memory as Found } from "../data/contract";
import { fixed, plural, whole } from "../lib/units";
import { Cliff } from "./cliff";
import type { PageProps } from "./table";

export function Memory({ page }: PageProps) {
  return (
    <>
      <p class="lead">
        Two measures of memory that mean different things: how a small change of an old state would be felt (gradients), and
        what it costs when everything older than a number of symbols is put out of sight (context).
      </p>
      {page.memories.length > 1 && <Compare all={page.memories} />}
      {page.memories.map((found) => <One key={found.run} found={found} />)}
      {page.cliff && <Cliff found={page.cliff} />}
    </>
  );
}

/** The gradient with respect to the memory of the last layer: c of the LSTM types, h of the others. */
function deepest(curves: GradientCurve[]): GradientCurve | undefined {
  const all = curves.filter((curve) => curve.event === "all");
  const last = Math.max(...all.map((curve) => curve.layer));
  const own = all.filter((curve) => curve.layer === last);
  return own.find((curve) => curve.state === "c") ?? own[0];
}

const drawn = (curve: GradientCurve): PlotSeries["points"] => curve.ratio.map((y, x) => ({ x, y: y < FLOOR ? 0 : y, title: "" }));
const small = (value: number): string => (value >= 0.01 ? String(Number(value.toPrecision(3))) : value.toExponential(0));

/** One network beside the other. */
function Compare({ all }: { all: Found[] }) {
  const told = all.flatMap((found) => {
    const curve = deepest(found.gradients);
    return curve ? [{ found, curve }] : [];
  });
  const series = told.map(({ found, curve }, index) => ({ name: `${found.run}, ${stateName(curve)}`, index, points: drawn(curve) }));
  const worth: PlotSeries[] = all.flatMap((found, index) => {
    const curve = found.context.find((each) => each.event === "all");
    return curve ? [{
      name: found.run, index, points: curve.points.flatMap((point, place) => (point.cases === 0 ? [] : [{
        x: place, y: point.excess_nats, interval: point.interval_nats, weak: !point.enough,
        title: `${found.run}, ${range(point.fewest, point.most)} symbols: ${fixed(point.excess_nats, 3)} nats`,
      }])),
    }] : [];
  });
  const same = new Set(all.map((found) => found.steps)).size === 1;
  return (
    <section>
      <h2>Side by side</h2>
      <Figure name="gradients side by side" caption={<>
        The memory of the last layer: how the gradient of a loss shrinks with the distance, relative to distance 0. Half of it is left
        at {told.map(({ found, curve }) => `${reach(curve.half_life, found.distances)} (${found.run})`).join(", ")} symbols, a hundredth
        at {told.map(({ found, curve }) => `${reach(curve.horizon_hundredth, found.distances)} (${found.run})`).join(", ")}.
      </>} data={() => ({
        header: ["network", "state", "layer", "distance", "median_ratio"],
        rows: told.flatMap(({ found, curve }) => curve.ratio.map((ratio, distance) => [found.run, curve.state, curve.layer, distance, ratio])),
      })}>
        <Keys series={series} dots={false} />
        <Plot series={series} log dots={false} mark={same ? { x: all[0].steps, name: `${all[0].steps} training steps` } : undefined} xLabel="symbols back" yLabel="median norm, relative"
          format={small} label={`Gradient norms by distance. ${told.map(({ found, curve }) => `${found.run}: half at ${reach(curve.half_life, found.distances)}`).join("; ")}`} />
      </Figure>
      <Figure name="context side by side" caption={<>
        What the loss rises by when everything older is {all[0].older}. Within 0.01 nats of the whole memory
        from {all.flatMap((found) => found.context.filter((each) => each.event === "all").map((each) => `${reach(each.reach, found.distances)} (${found.run})`)).join(", ")} symbols on.
      </>}>
        <Keys series={worth} />
        <Plot series={worth} xLabel="symbols of context" yLabel="excess loss, nats" format={(value) => fixed(value, 2)}
          xTicks={all[0].context[0]?.points.map((point, x) => ({ x, name: String(point.fewest) })).filter((_, index) => index % 2 === 0)}
          label={`Excess loss by context. ${worth.flatMap((each) => each.points.map((point) => point.title)).join("; ")}`} />
      </Figure>
    </section>
  );
}

/** How the memory of the last layer came to be. */
function Training({ found }: { found: Found }) {
  const stages = found.training.flatMap((stage) => {
    const curve = deepest(stage.gradients);
    return curve ? [{ step: stage.step, curve }] : [];
  });
  if (stages.length < 2) return null;
  const name = (step: number): string => (step ? `${whole(step)} updates` : "untrained");
  const series = stages.map(({ step, curve }, index) => ({ name: name(step), index, points: drawn(curve) }));
  return (
    <>
      <h3>Before, during and after training</h3>
      <Figure name={`gradients along training, ${found.run}`} caption={<>
        The same gradients ({stateName(stages[0].curve)}) with the weights before, during and after training. A hundredth is left
        at {stages.map(({ step, curve }) => `${reach(curve.horizon_hundredth, found.distances)} (${name(step)})`).join(", ")} symbols.
      </>} data={() => ({
        header: ["updates", "state", "layer", "distance", "median_ratio"],
        rows: stages.flatMap(({ step, curve }) => curve.ratio.map((ratio, distance) => [step, curve.state, curve.layer, distance, ratio])),
      })}>
        <Keys series={series} dots={false} />
        <Plot series={series} log dots={false} mark={{ x: found.steps, name: `${found.steps} training steps` }} xLabel="symbols back" yLabel="median norm, relative"
          format={small} label={`Gradient norms by distance along training. ${stages.map(({ step, curve }) => `${name(step)}: a hundredth at ${reach(curve.horizon_hundredth, found.distances)}`).join("; ")}`} />
      </Figure>
    </>
  );
}

const stateName = (curve: GradientCurve): string => `${curve.state}, layer ${curve.layer}`;
const reach = (distance: number | null, longest: number): string => (distance === null ? `> ${longest}` : String(distance));

function One({ found }: { found: Found }) {
  const all = found.gradients.filter((curve) => curve.event === "all");
  const gradients: PlotSeries[] = all.map((curve, index) => ({
    name: stateName(curve), index, points: drawn(curve),
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
      <Figure name={`gradients-${found.run}`} data={() => gradientsTable(found)} caption={<>
          The norm of the gradient of one symbol's loss with respect to the state k symbols before, relative to its own value at
          distance 0; the median over losses of all kinds of symbol. The axis is logarithmic: a straight fall is a memory that
          loses the same share with every symbol. Below {FLOOR.toExponential(0)} nothing is drawn.
      </>}>
        <Keys series={gradients} dots={false} />
        <Plot series={gradients} log dots={false} mark={{ x: found.steps, name: `${found.steps} training steps` }} xLabel="symbols back" yLabel="median norm, relative"
          format={small}
          label={`Gradient norms by distance. ${all.map((curve) => `${stateName(curve)}: half at ${reach(curve.half_life, found.distances)}`).join("; ")}`} />
      </Figure>
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
      <Training found={found} />
      <h3>Context</h3>
      <Figure name={`context-${found.run}`} data={() => contextTable(found)} caption={<>
          What the loss rises by when everything older is {found.older}, against the symbols of context that stay. The steps of the
          axis grow; each stands for the contexts up to the next. Vertical bars are 95 % intervals over stretches of text; hollow
          points rest on fewer than 50 cases. Excess below 0.01 nats from:{" "}
          {found.context.map((curve) => `${curve.event} ${reach(curve.reach, found.distances)}`).join(", ")}.
      </>}>
        <Keys series={events} />
        <Plot series={events} xLabel="symbols of context" yLabel="excess loss, nats" format={(value) => fixed(value, 2)}
          xTicks={found.context[0]?.points.map((point, x) => ({ x, name: String(point.fewest) })).filter((_, index) => index % 2 === 0)}
          label={`Excess loss by context. ${events.flatMap((each) => each.points.map((point) => point.title)).join("; ")}`} />
      </Figure>
    </section>
  );
}

/** Smaller ratios are rounding of float32 as much as gradients. */
const FLOOR = 1e-9;

const range = (fewest: number, most: number): string => (fewest === most ? String(fewest) : `${fewest}–${most}`);

const gradientsTable = (found: Found): Table => ({
  header: ["event", "state", "layer", "cases", "distance", "median_ratio"],
  rows: found.gradients.flatMap((curve) => curve.ratio.map((ratio, distance) => [curve.event, curve.state, curve.layer, curve.cases, distance, ratio])),
});

const contextTable = (found: Found): Table => ({
  header: ["event", "fewest", "most", "cases", "loss_nats", "excess_nats", "low", "high"],
  rows: found.context.flatMap((curve) => curve.points.map((point) => [
    curve.event, point.fewest, point.most, point.cases, point.loss_nats, point.excess_nats, point.interval_nats?.[0] ?? null, point.interval_nats?.[1] ?? null,
  ])),
});
