// The evidence for one claim, drawn: scores beside what they must exceed, interventions beside other cells, reach, values.
import { useRef } from "preact/hooks";
import { Figure } from "../../chart/figure";
import { Keys, Plot, type PlotSeries } from "../../chart/plot";
import { type ChartRow, RowChart, type RowMark } from "../../chart/rows";
import { linear, ticks } from "../../chart/scale";
import type { Cells, Claim, Histogram, Intervention } from "../../data/contract";
import { fixed, plural, whole } from "../../lib/units";
import { useWidth } from "../../lib/width";

interface Props {
  found: Cells;
  claim: Claim;
}

const file = (claim: Claim, what: string): string => `cell-${claim.layer}-${claim.cell}-${claim.feature}-${what}`;

type Look = RowMark["look"];

export function Scores({ found, claim }: Props) {
  const sign = (claim.score ?? claim.discovered ?? 1) < 0 ? -1 : 1;
  const turned = (ends: [number, number] | null): [number, number] | null =>
    ends && (sign > 0 ? ends : [-ends[1], -ends[0]]);
  const given: [string, number | null, Look, [number, number] | null][] = [
    ["this cell, where it was found", times(claim.discovered, sign), "ring", null],
    ["this cell, on other text", times(claim.score, sign), "dot", turned(claim.interval)],
    ["with blocks twice as long", times(claim.score, sign), "ring", turned(claim.doubled)],
    ["within pairs of symbols", times(claim.within, sign), "ring", null],
    ["what 20 symbols do not explain", times(claim.rest, sign), "ring", null],
    ["chance: largest under shifts", claim.shifted, "bar", null],
    [`best of ${found.untrained} untrained networks`, claim.untrained, "bar", null],
    ["best of permuted networks", claim.permuted, "bar", null],
    ["a linear model of 20 symbols", claim.recent, "bar", null],
  ];
  const rows = given.flatMap(([name, x, look, interval], index): ChartRow[] => x === null ? [] : [{
    name, interval, value: fixed(x, 2), strong: index === 1, marks: [{ x, look, title: `${name}: ${fixed(x, 3)}` }],
  }]);
  return (
    <Figure name={file(claim, "scores")}
      data={() => ({ header: ["measure", "score", "low", "high"], rows: rows.map((row) => [row.name, row.marks[0].x, row.interval?.[0] ?? null, row.interval?.[1] ?? null]) })}
      caption={<>Dots and rings are this cell{sign < 0 ? ", counted as positive although it falls where the feature rises" : ""}; bars are what
        has no knowledge of the feature. A tracker stands to the right of the bars and of 0.5. Lines: bounds of 99 % each. The last bar is shown
        for comparison and is no test.</>}>
      <RowChart rows={rows} domain={[0, 1]} levels={[{ x: 0.5, name: "0.5" }]} xLabel="score: 0 none, 1 perfect" format={(value) => fixed(value, 1)}
        label={`Scores of cell ${claim.layer}:${claim.cell} for ${claim.feature}. ${rows.map((row) => `${row.name}: ${row.value}`).join("; ")}`} />
    </Figure>
  );
}

const times = (value: number | null, sign: number): number | null => (value === null ? null : value * sign);

export function Effects({ claim, proof }: { claim: Claim; proof: Intervention }) {
  const row = (name: string, marks: RowMark[], value: string, more: Partial<ChartRow> = {}): ChartRow => ({ name, marks, value, ...more });
  const one = (name: string, x: number | null, look: Look, more: Partial<ChartRow> = {}): ChartRow[] =>
    x === null ? [] : [row(name, [{ x, look, title: `${name}: ${fixed(x, 3)} bits` }], signed(x), more)];
  const largest = proof.matched_bits[0];
  const rows = [
    ...one("where it should act", proof.effect_bits, "dot", { interval: proof.interval_bits, strong: true }),
    ...one("written", proof.write_bits, "ring"),
    ...one("erased", proof.erase_bits, "ring"),
    ...one("elsewhere in the text", proof.elsewhere_bits, "bar"),
    ...(proof.matched_bits.length > 0 ? [row(`${proof.matched_bits.length} matched cells`, proof.matched_bits.map((x): RowMark => ({ x, look: "tick", title: `a matched cell: ${fixed(x, 3)} bits` })), `to ${signed(largest)}`)] : []),
  ];
  return (
    <Figure name={file(claim, "intervention")}
      data={() => ({ header: ["what", "bits", "low", "high"], rows: rows.flatMap((each) => each.marks.map((mark) => [each.name, mark.x, each.interval?.[0] ?? null, each.interval?.[1] ?? null])) })}
      caption={<>The cell gets values that it has in the opposite condition, at {whole(proof.moments)} moments; the change of the log-odds of
        the symbols that the feature predicts, positive as predicted. Causal needs the dot beyond every one of the matched cells (same
        layer, as variable, as much outgoing weight; either sign) and beyond the effect elsewhere. Probability of chance, corrected for all
        tests: {proof.chance < 0.001 ? "under 0.001" : fixed(proof.chance, 3)}.</>}>
      <RowChart rows={rows} domain={[0, 0.1]} xLabel="bits of log-odds" format={(value) => String(value).replace("-", "−")}
        label={`Effects of changing cell ${claim.layer}:${claim.cell}. ${rows.map((each) => `${each.name}: ${each.value} bits`).join("; ")}`} />
    </Figure>
  );
}

export function Clamps({ claim }: { claim: Claim }) {
  return (
    <div class="scroll">
      <table class="contexts">
        <thead><tr><th scope="col">held at</th><th scope="col">where the feature holds</th><th scope="col">where it does not</th></tr></thead>
        <tbody>
          {claim.clamps.map((clamp) => (
            <tr key={clamp.name}><th scope="row">{CLAMPS[clamp.name] ?? clamp.name}</th><td>{bits(clamp.holds_bits)}</td><td>{bits(clamp.fails_bits)}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const CLAMPS: Record<string, string> = {
  zero: "0", mean: "its mean", low: "its 5 % quantile", high: "its 95 % quantile", ablated: "silenced: nobody hears it",
};

const signed = (value: number): string => (value > 0 ? `+${fixed(value, 2)}` : fixed(value, 2));
const bits = (value: number | null): string => (value === null ? "–" : `${signed(value)} bits`);

export function Reach({ found, claim }: Props) {
  const buckets = claim.distances.map((bucket, index) => ({ ...bucket, index }));
  const there = buckets.filter((bucket) => bucket.score !== null);
  if (there.length === 0) return null;
  const range = (bucket: { low: number; high: number }): string => `${bucket.low}–${bucket.high - 1}`;
  const sign = (claim.score ?? 1) < 0 ? -1 : 1;
  const scores: PlotSeries = { name: "score", index: 0, points: there.map((bucket) => ({
    x: bucket.index, y: bucket.score! * sign, weak: bucket.few, title: `${range(bucket)} symbols: score ${fixed(bucket.score! * sign, 2)} (${plural(bucket.cases, "stretch", "stretches")})`,
  })) };
  const effects: PlotSeries = { name: "effect", index: 1, points: there.filter((bucket) => bucket.effect_bits !== null).map((bucket) => ({
    x: bucket.index, y: bucket.effect_bits!, weak: bucket.moments < 20, title: `${range(bucket)} symbols: ${fixed(bucket.effect_bits!, 2)} bits (${plural(bucket.moments, "moment")})`,
  })) };
  const beyond = claim.distances.findIndex((bucket) => bucket.low >= found.steps);
  const mark = beyond > 0 ? { x: beyond - 0.5, name: `${found.steps} training steps` } : undefined;
  const xTicks = there.map((bucket) => ({ x: bucket.index, name: String(bucket.low) }));
  const label = (series: PlotSeries): string => series.points.map((point) => point.title).join("; ");
  return (
    <Figure name={file(claim, "reach")}
      data={() => ({ header: ["low", "high", "stretches", "few", "score", "effect_bits", "moments"], rows: claim.distances.map((bucket) => [bucket.low, bucket.high, bucket.cases, bucket.few ? "yes" : "no", bucket.score, bucket.effect_bits, bucket.moments]) })}
      caption={<>By distance from where the feature began. Hollow: fewer than 50 stretches of text reach so far, or fewer than 20 moments
        were changed: no conclusion. To the right of the line lies more than training looked back. It holds without a gap
        {claim.holds_to ? ` up to ${claim.holds_to} symbols` : " at no distance with 50 stretches"}.</>}>
      <Keys series={[scores, ...(effects.points.length > 0 ? [effects] : [])]} />
      <Plot series={[scores]} xLabel="symbols since the feature began: from … on" yLabel="score" xTicks={xTicks} mark={mark} format={(value) => fixed(value, 1)} label={`Score by distance. ${label(scores)}`} />
      {effects.points.length > 0 && <Plot series={[effects]} xLabel="symbols since the feature began: from … on" yLabel="effect, bits" xTicks={xTicks} mark={mark} format={(value) => fixed(value, 1)} label={`Effect by distance. ${label(effects)}`} />}
    </Figure>
  );
}

const HEIGHT = 200;
const MARGIN = { top: 12, right: 16, bottom: 40, left: 52 };

export function Values({ claim, histogram }: { claim: Claim; histogram: Histogram }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const bins = histogram.counts[0].length;
  const size = (histogram.high - histogram.low) / bins;
  const shares = histogram.counts.map((counts) => {
    const total = counts.reduce((sum, count) => sum + count, 0) || 1;
    return counts.map((count) => count / total);
  });
  const x = linear([histogram.low, histogram.high], [MARGIN.left, width - MARGIN.right]);
  const y = linear([0, Math.max(...shares.flat()) * 1.05 || 1], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const outline = (share: number[]): string =>
    `M${x(histogram.low)},${y(0)}${share.map((value, bin) => `V${y(value).toFixed(1)}H${x(histogram.low + (bin + 1) * size).toFixed(1)}`).join("")}V${y(0)}`;
  const names = histogram.labels.map((name, index) => `${name} (${plural(histogram.counts[index].reduce((sum, count) => sum + count, 0), "position")})`);
  return (
    <Figure name={file(claim, "values")}
      data={() => ({ header: ["from", "to", ...histogram.labels], rows: Array.from({ length: bins }, (_, bin) => [histogram.low + bin * size, histogram.low + (bin + 1) * size, ...histogram.counts.map((counts) => counts[bin])]) })}
      caption={<>How often {histogram.quantity} of this cell has each value, as a share of the positions of either kind. The less the two
        overlap, the nearer the score is to 1 or −1.</>}>
      <Keys series={names.map((name, index) => ({ name, index }))} dots={false} />
      <div class="chart" ref={frame}>
        <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`Values of ${histogram.quantity} by label: ${names.join(" and ")}`}>
          {ticks(0, y.domain[1], 3).map((tick) => (
            <g key={tick}>
              <line class="grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
              <text class="tick" x={MARGIN.left - 6} y={y(tick)} dy="0.32em" text-anchor="end">{Math.round(tick * 1000) / 10} %</text>
            </g>
          ))}
          {ticks(histogram.low, histogram.high, Math.max(3, width / 110)).map((tick) => (
            <text key={tick} class="tick" x={x(tick)} y={HEIGHT - MARGIN.bottom + 16} text-anchor="middle">{String(tick).replace("-", "−")}</text>
          ))}
          {shares.map((share, index) => <path key={index} class={`histogram series-${index + 1}`} d={outline(share)} />)}
          <text class="axis-name" x={(MARGIN.left + width - MARGIN.right) / 2} y={HEIGHT - 4} text-anchor="middle">{histogram.quantity}</text>
        </svg>
      </div>
    </Figure>
  );
}
