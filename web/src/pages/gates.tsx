// How often gates are saturated, and how long memories last: Figure 3 of the paper, for all cell types on equal terms.
import { useRef } from "preact/hooks";
import { Figure } from "../chart/figure";
import { colour, shape } from "../chart/plot";
import { linear } from "../chart/scale";
import type { Gate, Gates as Found } from "../data/contract";
import { fixed, percent, plural, whole } from "../lib/units";
import { useWidth } from "../lib/width";
import type { PageProps } from "./table";

export function Gates({ page }: PageProps) {
  return (
    <>
      <p class="lead">
        A gate near 1 is right-saturated, near 0 left-saturated. A unit whose forget gate is almost always right-saturated is a memory
        that never fades by itself; one that is almost always left-saturated remembers nothing.
      </p>
      <p>
        Figure 3 of Karpathy, Johnson and Fei-Fei (2015) found in its LSTMs several forget gates almost always right-saturated and none
        left-saturated, no output gate always open or shut, and a first layer with all gates near the origin. <em>Keep</em> is the share of its memory that a
        cell keeps, whatever its type calls that gate, so that all cell types can be compared. A tanh cell has no gate; its output is shown.
      </p>
      {page.gates.length > 1 && <Compare all={page.gates} />}
      {page.gates.map((found) => <One key={`${found.run}, ${found.what}`} found={found} />)}
    </>
  );
}

/** What every cell type has, one network beside the other. */
function Compare({ all }: { all: Found[] }) {
  return (
    <section>
      <h2>What is kept, side by side</h2>
      <div class="gates">
        {all.map((found) => found.gates.length > 0 && (
          <Scatter key={`${found.run}, ${found.what}`} found={found} gate={found.gates[0]} title={`${found.run}: ${found.keep ? `keep = ${found.keep}` : found.gates[0].name}`} />
        ))}
      </div>
    </section>
  );
}

function One({ found }: { found: Found }) {
  const own = found.gates.filter((gate) => gate.name !== "keep");
  return (
    <section>
      <h2>{found.run}</h2>
      <p class="quiet">{found.cell}, {found.what}, {plural(found.positions, "symbol")}{found.keep && `; the memory is kept by ${found.keep}`}.</p>
      <div class="gates">{own.map((gate) => <Scatter key={gate.name} found={found} gate={gate} title={`${gate.name}: ${gate.meaning}`} />)}</div>
      {found.memories.length > 0 && <Constants found={found} />}
      <Always found={found} />
    </section>
  );
}

const SIZE_MOST = 380;
const MARGIN = { top: 10, right: 26, bottom: 42, left: 60 };
const STOPS = [0, 0.25, 0.5, 0.75, 1];

function Scatter({ found, gate, title }: { found: Found; gate: Gate; title: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = Math.min(useWidth(frame), SIZE_MOST);
  const height = width - 4;
  const x = linear([0, 1], [MARGIN.left, width - MARGIN.right]);
  const y = linear([0, 1], [height - MARGIN.bottom, MARGIN.top]);
  const low = gate.low < 0 ? "−0.9" : "0.1";
  const said = gate.layers.map((units) => `layer ${units.layer}: ${percent(mean(units.right))} right, ${percent(mean(units.left))} left`).join("; ");
  return (
    <div>
      <h3>{title}</h3>
      <Figure name={`gates-${found.run}-${gate.name}`}
        data={() => ({
          header: ["run", "gate", "layer", "cell", "right_saturated", "left_saturated", "mean"],
          rows: gate.layers.flatMap((units) => units.right.map((right, cell) => [found.run, gate.name, units.layer, cell + 1, right, units.left[cell], units.mean[cell]])),
        })}
        caption={<>A mark for every unit: how much of the time it is above 0.9 (to the right) and below {low} (up). On the diagonal it is
          always one or the other; at the origin it is always in between. On average {said}.</>}>
        <ul class="keys">
          {gate.layers.map((units, index) => (
            <li key={units.layer}><svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true" class="plot" style={{ color: colour(index) }}><path class="dot" d={shape(index)} /></svg>layer {units.layer}</li>
          ))}
        </ul>
        <div class="chart plot" ref={frame}>
          <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${title}: saturation of each unit. ${said}`}>
            {STOPS.map((stop) => (
              <g key={stop}>
                <line class="grid" x1={x(0)} x2={x(1)} y1={y(stop)} y2={y(stop)} /><line class="grid" x1={x(stop)} x2={x(stop)} y1={y(0)} y2={y(1)} />
                <text class="tick" x={x(0) - 6} y={y(stop)} dy="0.32em" text-anchor="end">{stop * 100} %</text>
                <text class="tick" x={x(stop)} y={y(0) + 16} text-anchor="middle">{stop * 100} %</text>
              </g>
            ))}
            <line class="level" x1={x(0)} y1={y(1)} x2={x(1)} y2={y(0)} />
            {gate.layers.map((units, index) => (
              <g key={units.layer} class="units" style={{ color: colour(index) }}>
                {units.right.map((right, cell) => (
                  <path key={cell} d={shape(index)} transform={`translate(${x(right).toFixed(1)} ${y(units.left[cell]).toFixed(1)}) scale(0.8)`}>
                    <title>{`cell ${units.layer}:${cell + 1}: right ${percent(right)}, left ${percent(units.left[cell])}, mean ${fixed(units.mean[cell], 2)}`}</title>
                  </path>
                ))}
              </g>
            ))}
            <text class="axis-name" x={(x(0) + x(1)) / 2} y={height - 6} text-anchor="middle">right-saturated, share of time</text>
            <text class="axis-name" transform={`translate(12 ${(y(0) + y(1)) / 2}) rotate(-90)`} text-anchor="middle">left-saturated</text>
          </svg>
        </div>
      </Figure>
    </div>
  );
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / (values.length || 1);

const LINE = 34;

/** Time constants on a logarithmic axis, a row for each layer. */
function Constants({ found }: { found: Found }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const all = found.memories.flatMap((layer) => layer.steps);
  const [low, high] = [Math.floor(Math.log10(Math.min(...all))), Math.max(1, Math.ceil(Math.log10(Math.max(...all))))];
  const x = linear([low, high], [72, width - 20]);
  const bottom = 10 + found.memories.length * LINE;
  const said = found.memories.map((layer) => {
    const sorted = [...layer.steps].sort((a, b) => a - b);
    return `layer ${layer.layer}: ${digits(sorted[0])} to ${digits(sorted[sorted.length - 1])}, half of them above ${digits(sorted[Math.floor(sorted.length / 2)])}`;
  }).join("; ");
  return (
    <>
      <h3>How long a memory lasts</h3>
      <Figure name={`time-constants-${found.run}`}
        data={() => ({ header: ["run", "layer", "cell", "symbols"], rows: found.memories.flatMap((layer) => layer.steps.map((steps, cell) => [found.run, layer.layer, cell + 1, steps])) })}
        caption={<>After how many symbols 1/e of what a cell remembers is left, at the geometric mean of its {found.keep}; a stroke for each cell, logarithmic. In
          symbols: {said}. A cell that is usually wiped and rarely keeps for long has a short constant all the same.</>}>
        <div class="chart" ref={frame}>
          <svg width={width} height={bottom + 44} viewBox={`0 0 ${width} ${bottom + 44}`} role="img" aria-label={`Time constants in symbols. ${said}`}>
            {Array.from({ length: high - low + 1 }, (_, index) => low + index).map((power) => (
              <g key={power}>
                <line class="grid" x1={x(power)} x2={x(power)} y1={6} y2={bottom} />
                <text class="tick" x={x(power)} y={bottom + 16} text-anchor="middle">{power < 0 ? String(10 ** power) : whole(10 ** power)}</text>
              </g>
            ))}
            {found.memories.map((layer, index) => (
              <g key={layer.layer} style={{ color: colour(index) }}>
                <text class="tick" x={4} y={10 + index * LINE + LINE / 2} dy="0.32em">layer {layer.layer}</text>
                {layer.steps.map((steps, cell) => (
                  <line key={cell} class="constant" x1={x(Math.log10(steps))} x2={x(Math.log10(steps))} y1={10 + index * LINE + 5} y2={10 + (index + 1) * LINE - 5}>
                    <title>{`cell ${layer.layer}:${cell + 1}: ${digits(steps)} symbols`}</title>
                  </line>
                ))}
              </g>
            ))}
            <text class="axis-name" x={width / 2} y={bottom + 36} text-anchor="middle">symbols</text>
          </svg>
        </div>
      </Figure>
    </>
  );
}

const digits = (value: number): string => String(Number(value.toPrecision(2)));

/** Units that are saturated in more than 90 % of the time, in numbers. */
function Always({ found }: { found: Found }) {
  const often = (shares: number[]): number => shares.filter((share) => share > 0.9).length;
  return (
    <div class="scroll">
      <table class="contexts">
        <caption class="sr">Units that are saturated most of the time</caption>
        <thead><tr><th scope="col">gate</th><th scope="col">layer</th><th scope="col">units</th><th scope="col">right over 90 % of the time</th><th scope="col">left over 90 %</th><th scope="col">mean share right</th><th scope="col">mean share left</th></tr></thead>
        <tbody>
          {found.gates.flatMap((gate) => gate.layers.map((units) => (
            <tr key={`${gate.name}${units.layer}`}>
              <th scope="row">{gate.name}</th><td>{units.layer}</td><td>{units.right.length}</td><td>{often(units.right)}</td><td>{often(units.left)}</td>
              <td>{percent(mean(units.right))}</td><td>{percent(mean(units.left))}</td>
            </tr>
          )))}
        </tbody>
      </table>
    </div>
  );
}
