// Why gradients explode, in one unit: where it comes to rest by its bias, and the wall that this builds into its loss.
import { useRef } from "preact/hooks";
import { Figure } from "../chart/figure";
import { colour, Keys } from "../chart/plot";
import { linear, ticks, type Linear } from "../chart/scale";
import type { Bifurcation, Cliff as Found, Descent, Surface } from "../data/contract";
import { fixed } from "../lib/units";
import { useWidth } from "../lib/width";

export function Cliff({ found }: { found: Found }) {
  return (
    <section>
      <h2>Why gradients explode</h2>
      <p>
        One unit, x<sub>t</sub> = w σ(x<sub>t−1</sub>) + b, read until it comes to rest: the two pictures of Pascanu, Mikolov and Bengio
        (2013). They are of this unit alone, not of a network above.
      </p>
      <Rests found={found.bifurcation} />
      <Wall found={found.surface} />
    </section>
  );
}

const HEIGHT = 340;
const MARGIN = { top: 16, right: 30, bottom: 46, left: 60 };
const MOST = 620;

interface Frame {
  width: number;
  x: Linear;
  y: Linear;
  xLabel: string;
  yLabel: string;
}

function Axes({ width, x, y, xLabel, yLabel }: Frame) {
  return (
    <>
      {ticks(y.domain[0], y.domain[1], 5).map((tick) => (
        <text key={tick} class="tick" x={MARGIN.left - 8} y={y(tick)} dy="0.32em" text-anchor="end">{tick}</text>
      ))}
      {ticks(x.domain[0], x.domain[1], 6).map((tick) => (
        <text key={tick} class="tick" x={x(tick)} y={HEIGHT - MARGIN.bottom + 18} text-anchor="middle">{tick}</text>
      ))}
      <line class="axis" x1={MARGIN.left} x2={width - MARGIN.right} y1={HEIGHT - MARGIN.bottom} y2={HEIGHT - MARGIN.bottom} />
      <line class="axis" x1={MARGIN.left} x2={MARGIN.left} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />
      <text class="axis-name" x={(MARGIN.left + width - MARGIN.right) / 2} y={HEIGHT - 6} text-anchor="middle">{xLabel}</text>
      <text class="axis-name" transform={`translate(14 ${HEIGHT / 2}) rotate(-90)`} text-anchor="middle">{yLabel}</text>
    </>
  );
}

const ends = (values: number[]): [number, number] => [Math.min(...values), Math.max(...values)];
const line = (x: Linear, y: Linear, xs: number[], ys: number[]): string => `M${xs.map((each, k) => `${x(each).toFixed(1)},${y(ys[k]).toFixed(1)}`).join("L")}`;

function Rests({ found }: { found: Bifurcation }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = Math.min(MOST, useWidth(frame));
  const x = linear(ends(found.biases), [MARGIN.left, width - MARGIN.right]);
  const y = linear(ends(found.points), [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const branches = split(found);
  const [low, high] = found.turns;
  return (
    <Figure name="bifurcation" caption={<>
      Where the unit comes to rest for w = {found.weight} and every b. A whole line draws it back after a push, a dashed one pushes it
      away. {high !== undefined && <>Between b = {fixed(low, 2)} and {fixed(high, 2)} there are two resting places, and the start decides which; where one of them
      vanishes, a change of b as small as you like moves the end of a long run across the whole picture, and its gradient has no bound.</>}
    </>} data={() => ({ header: ["bias", "x", "stable"], rows: found.biases.map((b, k) => [b, found.points[k], found.stable[k] ? "yes" : "no"]) })}>
      <Keys dots={false} series={[{ name: "comes back after a push", index: 0 }, { name: "does not", index: 1 }]} />
      <div class="chart plot" ref={frame}>
        <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img"
          aria-label={`Resting places of one unit by its bias. ${found.turns.length ? `Two meet and vanish at ${found.turns.map((turn) => fixed(turn, 2)).join(" and ")}.` : "There is one for every bias."}`}>
          {found.turns.map((turn) => <line key={turn} class="level" x1={x(turn)} x2={x(turn)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />)}
          {branches.map((branch) => (
            <path key={branch.biases[0]} class="line" style={{ color: colour(branch.stable ? 0 : 1) }} stroke-dasharray={branch.stable ? undefined : "7 3"} d={line(x, y, branch.biases, branch.points)} />
          ))}
          <Axes width={width} x={x} y={y} xLabel="bias b" yLabel="x at rest" />
        </svg>
      </div>
    </Figure>
  );
}

interface Branch {
  stable: boolean;
  biases: number[];
  points: number[];
}

/** Neighbouring fixed points of one kind; each branch begins where the one before ends. */
function split(found: Bifurcation): Branch[] {
  const branches: Branch[] = [];
  found.stable.forEach((stable, k) => {
    const last = branches.at(-1);
    if (last && last.stable === stable) {
      last.biases.push(found.biases[k]);
      last.points.push(found.points[k]);
    } else {
      const from = Math.max(0, k - 1);
      branches.push({ stable, biases: found.biases.slice(from, k + 1), points: found.points.slice(from, k + 1) });
    }
  });
  return branches;
}

const LEVELS = 12;

function Wall({ found }: { found: Surface }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = Math.min(MOST, useWidth(frame));
  const [side, up] = [found.biases[1] - found.biases[0], found.weights[1] - found.weights[0]];
  const x = linear([found.biases[0] - side / 2, found.biases.at(-1)! + side / 2], [MARGIN.left, width - MARGIN.right]);
  const y = linear([found.weights[0] - up / 2, found.weights.at(-1)! + up / 2], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const largest = Math.max(...found.loss.flat());
  const walks = found.descents.map((walk, index) => ({ walk, index: index + 1, name: walkName(walk) }));
  return (
    <Figure name="error surface" caption={<>
      The loss (σ(x<sub>{found.steps}</sub>) − {found.target})² after {found.steps} steps from x₀ = {found.start}: the darker, the larger, up to {fixed(largest, 2)}. The sharp
      edge is the wall: the gradient's norm has a median of {found.median_norm.toPrecision(2)} on this grid, and reaches {found.largest_norm.toPrecision(2)} at the edge. Both
      descents start at the ring with the same step size {found.rate}. {walks.map(({ walk, name }) => `${name}: ${story(walk)}`).join(" ")}
    </>} data={() => ({ header: ["weight", "bias", "loss"], rows: found.loss.flatMap((row, i) => row.map((loss, j) => [found.weights[i], found.biases[j], loss])) })}>
      <Keys series={walks.map(({ name, index }) => ({ name, index }))} dots={false} />
      <div class="chart plot" ref={frame}>
        <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`Loss by weight and bias, with a wall. ${walks.map(({ walk, name }) => `${name}: ${story(walk)}`).join(" ")}`}>
          {shades(found, largest).map((cells, level) => (
            <path key={level} fill="var(--series-1)" fill-opacity={(level / (LEVELS - 1)) * 0.75}
              d={cells.map(([i, j]) => `M${x(found.biases[j] - side / 2).toFixed(1)},${y(found.weights[i] - up / 2).toFixed(1)}H${x(found.biases[j] + side / 2).toFixed(1)}V${y(found.weights[i] + up / 2).toFixed(1)}H${x(found.biases[j] - side / 2).toFixed(1)}Z`).join("")} />
          ))}
          {walks.map(({ walk, index }) => (
            <g key={index} style={{ color: colour(index) }}>
              <path class="line" stroke-dasharray={index === 1 ? "7 3" : undefined} d={line(x, y, walk.biases, walk.weights)} />
              {walk.biases.map((b, k) => <circle key={k} cx={x(b)} cy={y(walk.weights[k])} r="2.4" fill="currentColor" />)}
            </g>
          ))}
          <circle cx={x(found.descents[0].biases[0])} cy={y(found.descents[0].weights[0])} r="6" fill="none" stroke="var(--ink)" stroke-width="1.6" />
          <Axes width={width} x={x} y={y} xLabel="bias b" yLabel="weight w" />
        </svg>
      </div>
    </Figure>
  );
}

/** The cells of the grid by how dark they are. */
function shades(found: Surface, largest: number): [number, number][][] {
  const levels: [number, number][][] = Array.from({ length: LEVELS }, () => []);
  found.loss.forEach((row, i) => row.forEach((loss, j) => levels[Math.round((loss / largest) * (LEVELS - 1))].push([i, j])));
  return levels;
}

const walkName = (walk: Descent): string => (walk.clip ? `gradient clipped to ${walk.clip}` : "gradient as it is");

/** The longest step of a walk, in words. */
function story(walk: Descent): string {
  const steps = walk.weights.slice(1).map((w, k) => Math.hypot(w - walk.weights[k], walk.biases[k + 1] - walk.biases[k]));
  const longest = steps.indexOf(Math.max(...steps));
  return `longest step ${steps[longest].toPrecision(2)}, where the gradient has the norm ${walk.norms[longest].toPrecision(2)}.`;
}
