// Lines with intervals on a straight or logarithmic axis, each series with a shape of its own, so that no colour has to be
// told from another.
import { useRef } from "preact/hooks";
import { useWidth } from "../lib/width";
import { linear, powers, ticks } from "./scale";

export interface Mark {
  x: number;
  y: number;
  interval?: [number, number] | null;
  /** Too few cases to say anything: drawn hollow. */
  weak?: boolean;
  title: string;
}

export interface PlotSeries {
  name: string;
  points: Mark[];
  /** Colour and shape; series of the same index look alike on every chart of a page. */
  index: number;
}

interface Props {
  series: PlotSeries[];
  xLabel: string;
  yLabel: string;
  label: string;
  /** Names in the place of numbers below the x axis. */
  xTicks?: { x: number; name: string }[];
  log?: boolean;
  /** A vertical line with its meaning. */
  mark?: { x: number; name: string };
  /** Whether points are drawn, not lines alone. */
  dots?: boolean;
  format: (value: number) => string;
}

const HEIGHT = 320;
const MARGIN = { top: 22, right: 46, bottom: 46, left: 66 };
const SHAPES = ["M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0", "M-4,-4h8v8h-8z", "M0,-5L5,4H-5z", "M0,-5.5L5.5,0L0,5.5L-5.5,0z", "M-4.5,-4.5L4.5,4.5M-4.5,4.5L4.5,-4.5", "M0,5L5,-4H-5z"];
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "12 4", "4 4"];

export const colour = (index: number): string => `var(--series-${(index % 6) + 1})`;
export const shape = (index: number): string => SHAPES[index % SHAPES.length];

export function Keys({ series, dots = true }: { series: { name: string; index: number }[]; dots?: boolean }) {
  return (
    <ul class="keys">
      {series.map(({ name, index }) => (
        <li key={name}>
          <svg width="34" height="14" viewBox="0 -7 34 14" aria-hidden="true" style={{ color: colour(index) }} class="plot">
            <path class="line" d="M0,0H34" stroke-dasharray={DASHES[index % 6]} />
            {dots && <path class="dot" d={shape(index)} transform="translate(17 0)" />}
          </svg>{name}
        </li>
      ))}
    </ul>
  );
}

export function Plot({ series, xLabel, yLabel, label, xTicks, log = false, mark, dots = true, format }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const up = (value: number): number => (log ? Math.log10(value) : value);
  const points = series.flatMap((each) => each.points).filter((point) => !log || point.y > 0);
  if (points.length === 0) return null;
  const xs = [...points.map((point) => point.x), ...(mark ? [mark.x] : [])];
  const ys = points.flatMap((point) => [point.y, ...(point.interval ?? [])]).filter((value) => !log || value > 0).map(up);
  const [low, high] = [log ? Math.floor(Math.min(...ys)) : Math.min(0, ...ys), Math.max(...ys)];
  const x = linear([Math.min(...xs), Math.max(...xs)], [MARGIN.left + 10, width - MARGIN.right - 10]);
  const y = linear([low, high + (high - low) * 0.06 || 1], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const at = (value: number): number => y(up(value));
  const rows = log ? powers(low, high) : ticks(y.domain[0], y.domain[1], 5);
  return (
    <div class="chart plot" ref={frame}>
      <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
        {rows.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
            <text class="tick" x={MARGIN.left - 8} y={y(tick)} dy="0.32em" text-anchor="end">{format(log ? 10 ** tick : tick)}</text>
          </g>
        ))}
        {(xTicks ?? ticks(x.domain[0], x.domain[1], Math.max(3, width / 110)).map((tick) => ({ x: tick, name: String(tick) }))).map((tick) => (
          <text key={tick.x} class="tick" x={x(tick.x)} y={HEIGHT - MARGIN.bottom + 18} text-anchor="middle">{tick.name}</text>
        ))}
        <line class="axis" x1={MARGIN.left} x2={width - MARGIN.right} y1={HEIGHT - MARGIN.bottom} y2={HEIGHT - MARGIN.bottom} />
        <text class="axis-name" x={(MARGIN.left + width - MARGIN.right) / 2} y={HEIGHT - 6} text-anchor="middle">{xLabel}</text>
        <text class="axis-name" transform={`translate(14 ${HEIGHT / 2}) rotate(-90)`} text-anchor="middle">{yLabel}</text>
        {mark && <line class="level" x1={x(mark.x)} x2={x(mark.x)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />}
        {mark && (x(mark.x) > width / 2
          ? <text class="level-name" x={x(mark.x) - 5} y={MARGIN.top - 8} text-anchor="end">{mark.name}</text>
          : <text class="level-name" x={x(mark.x) + 5} y={MARGIN.top - 8}>{mark.name}</text>)}
        {series.map(({ name, points: all, index }) => {
          const own = all.filter((point) => !log || point.y > 0);
          return (
            <g key={name} style={{ color: colour(index) }}>
              <path class="line" stroke-dasharray={DASHES[index % 6]} d={`M${own.map((point) => `${x(point.x).toFixed(1)},${at(point.y).toFixed(1)}`).join("L")}`} />
              {dots && own.map((point) => (
                <g key={point.x} transform={`translate(${x(point.x) + (index - (series.length - 1) / 2) * 3} 0)`}>
                  <title>{point.title}</title>
                  {point.interval && <line class="whisker" y1={log && point.interval[0] <= 0 ? HEIGHT - MARGIN.bottom : at(point.interval[0])} y2={at(point.interval[1])} />}
                  <path class={point.weak ? "dot weak" : "dot"} d={shape(index)} transform={`translate(0 ${at(point.y)})`} />
                </g>
              ))}
            </g>
          );
        })}
      </svg>
    </div>
  );
}
