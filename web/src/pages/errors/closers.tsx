// How sure predictors are of a closing symbol, by the distance to what it closes.
import { Keys, Plot, type PlotSeries } from "../../chart/plot";
import type { Closers as Kind } from "../../data/contract";
import { csv, saveAs } from "../../lib/download";
import { fixed, plural, whole } from "../../lib/units";

export function Closers({ closers }: { closers: Kind[] }) {
  return (
    <section>
      <h2>Closing symbols by distance</h2>
      {closers.map((kind) => <One key={kind.kind} kind={kind} />)}
      <p class="quiet small">
        Mean probability of the closing symbol where it came, against the symbols between it and what it closes. Vertical bars
        are 95 % intervals; a hollow point rests on fewer than 50 cases (numbers below the distances). A predictor
        that sees only n symbols cannot know of an opener further back, so where a network stays above it, it remembers. “Where it
        does not come”: the same at positions with the same depth, indentation and distance, where something else stands.
      </p>
      <button type="button" class="minor" onClick={() => saveAs("errors-closers.csv", "text/csv", asCsv(closers))}>Save as CSV</button>
    </section>
  );
}

function One({ kind }: { kind: Kind }) {
  const buckets = kind.buckets.map((bucket, index) => ({ ...bucket, index })).filter((bucket) => bucket.cases > 0);
  const enough = buckets.filter((bucket) => bucket.enough);
  const series: PlotSeries[] = kind.names.map((name, index) => ({
    name, index, points: buckets.map((bucket) => ({
      x: bucket.index, y: bucket.probs[index], interval: bucket.intervals[index], weak: !bucket.enough,
      title: `${name}, distance ${range(bucket)}: ${fixed(bucket.probs[index], 3)} (${plural(bucket.cases, "case")})`,
    })),
  }));
  // Where it does not come: lines without intervals, after those where it does.
  const elsewhere: PlotSeries[] = kind.names.flatMap((name, place) => {
    const points = buckets.filter((bucket) => bucket.elsewhere[place] != null).map((bucket) => ({
      x: bucket.index, y: bucket.elsewhere[place] ?? 0, title: `${name}, where it does not come, distance ${range(bucket)}: ${fixed(bucket.elsewhere[place] ?? 0, 3)}`,
    }));
    return place === 0 && points.length > 0 ? [{ name: `${name}, where it does not come`, index: 5, points }] : [];
  });
  series.push(...elsewhere);
  return (
    <figure class="finding">
      <h3>{kind.kind} <span class="quiet small">{plural(kind.scored, "closing symbol")} in the test part</span></h3>
      {enough.length === 0 ? (
        <p class="too-small">No distance has 50 cases ({buckets.map((bucket) => `${range(bucket)}: ${bucket.cases}`).join(", ")}): this text is too small to say anything about them.</p>
      ) : (
        <>
          <Keys series={series} />
          <Plot series={series} xLabel="symbols from the opener to the closer; below, cases" yLabel="mean probability" format={(value) => fixed(value, 2)}
            xTicks={buckets.map((bucket) => ({ x: bucket.index, name: `${range(bucket)} (${whole(bucket.cases)})` }))}
            label={`${kind.kind}: ${series.flatMap((each) => each.points.map((point) => point.title)).join("; ")}`} />
        </>
      )}
    </figure>
  );
}

const range = (bucket: { above: number; up_to: number }): string => `${bucket.above + 1}–${bucket.up_to}`;

const asCsv = (closers: Kind[]): string =>
  csv(
    ["kind", "above", "up_to", "cases", "enough", "predictor", "mean_probability", "low", "high"],
    closers.flatMap((kind) => kind.buckets.flatMap((bucket) => kind.names.map((name, index) => [
      kind.kind, bucket.above, bucket.up_to, bucket.cases, bucket.enough ? "yes" : "no", name, bucket.probs[index],
      bucket.intervals[index]?.[0] ?? null, bucket.intervals[index]?.[1] ?? null,
    ]))),
  );
