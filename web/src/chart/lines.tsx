// A line chart with the same axis in two units. Drawn here and not with a plotting library: the libraries are larger than
// the whole page, and their style elements are what the page's security policy forbids.
import { useId, useRef, useState } from "preact/hooks";
import { useWidth } from "../lib/width";
import { fixed } from "../lib/units";
import { linear, ticks } from "./scale";

export interface Point {
  x: number;
  y: number;
}

export interface Series {
  name: string;
  colour: string;
  points: Point[];
  /** "faint" for what wobbles, "firm" with a dot at every point. */
  look: "faint" | "firm";
}

export interface Level {
  name: string;
  y: number;
}

interface Props {
  series: Series[];
  levels: Level[];
  /** Largest y drawn; what lies above is cut off. */
  ceiling?: number;
  xLabel: string;
  left: string;
  right: string;
  /** From the unit of the left axis to that of the right one. */
  convert: (value: number) => number;
  describe: (x: number) => string[];
  label: string;
}

/** One decimal, or as many as close ticks need. */
const decimal = (value: number): string => fixed(value, Math.min(4, Math.max(1, (String(value).split(".")[1] ?? "").length)));

const HEIGHT = 380;
const MARGIN = { top: 18, right: 64, bottom: 44, left: 60 };

export function LineKeys({ series }: { series: Series[] }) {
  return (
    <ul class="keys">
      {series.map((each) => (
        <li key={each.name}><svg width="30" height="12" aria-hidden="true" class={each.look} style={{ color: each.colour }}>
          <path d="M0,6L30,6" />{each.look === "firm" && <circle cx="15" cy="6" r="3.2" />}
        </svg>{each.name}</li>
      ))}
    </ul>
  );
}

export function LineChart({ series, levels, ceiling = Infinity, xLabel, left, right, convert, describe, label }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const clip = useId();
  const [at, look] = useState<number | null>(null);
  const points = series.flatMap((each) => each.points);
  const ys = [...points.map((point) => point.y), ...levels.map((level) => level.y)].filter((value) => value <= ceiling);
  const [lowest, highest] = [Math.min(...ys), Math.max(...ys)];
  const pad = (highest - lowest) * 0.06 || 0.1;
  const x = linear([Math.min(0, ...points.map((p) => p.x)), Math.max(...points.map((p) => p.x))], [MARGIN.left, width - MARGIN.right]);
  const y = linear([Math.max(0, lowest - pad), highest + pad], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const yRight = linear([convert(y.domain[0]), convert(y.domain[1])], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const stops = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  const nearest = (value: number): number => stops.reduce((best, each) => (Math.abs(each - value) < Math.abs(best - value) ? each : best), stops[0]);
  const walk = (event: KeyboardEvent): void => {
    const index = at === null ? -1 : stops.indexOf(at);
    const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: stops.length - 1 }[event.key];
    if (event.key === "Escape") look(null);
    if (next === undefined) return;
    look(stops[Math.min(stops.length - 1, Math.max(0, next))]);
    event.preventDefault();
  };
  return (
    <div class="chart" ref={frame}>
      <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" tabindex={0} aria-label={label} onKeyDown={walk}
        onPointerMove={(event) => look(nearest(x.invert(event.clientX - event.currentTarget.getBoundingClientRect().left)))}
        onPointerLeave={() => look(null)}>
        <clipPath id={clip}><rect x={MARGIN.left - 4} y={MARGIN.top - 4} width={width - MARGIN.left - MARGIN.right + 8} height={HEIGHT - MARGIN.top - MARGIN.bottom + 8} /></clipPath>
        {ticks(y.domain[0], y.domain[1], 6).map((tick) => (
          <g key={tick}>
            <line class="grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
            <text class="tick" x={MARGIN.left - 8} y={y(tick)} dy="0.32em" text-anchor="end">{decimal(tick)}</text>
          </g>
        ))}
        {ticks(yRight.domain[0], yRight.domain[1], 6).map((tick) => (
          <g key={tick}>
            <line class="tickmark" x1={width - MARGIN.right} x2={width - MARGIN.right + 5} y1={yRight(tick)} y2={yRight(tick)} />
            <text class="tick" x={width - MARGIN.right + 9} y={yRight(tick)} dy="0.32em">{decimal(tick)}</text>
          </g>
        ))}
        {ticks(x.domain[0], x.domain[1], Math.max(3, width / 110)).map((tick) => (
          <g key={tick}>
            <line class="tickmark" x1={x(tick)} x2={x(tick)} y1={HEIGHT - MARGIN.bottom} y2={HEIGHT - MARGIN.bottom + 5} />
            <text class="tick" x={x(tick)} y={HEIGHT - MARGIN.bottom + 18} text-anchor="middle">{Number(tick.toPrecision(6))}</text>
          </g>
        ))}
        <line class="axis" x1={MARGIN.left} x2={width - MARGIN.right} y1={HEIGHT - MARGIN.bottom} y2={HEIGHT - MARGIN.bottom} />
        <text class="axis-name" x={(MARGIN.left + width - MARGIN.right) / 2} y={HEIGHT - 6} text-anchor="middle">{xLabel}</text>
        <text class="axis-name" transform={`translate(14 ${HEIGHT / 2}) rotate(-90)`} text-anchor="middle">{left}</text>
        <text class="axis-name" transform={`translate(${width - 10} ${HEIGHT / 2}) rotate(90)`} text-anchor="middle">{right}</text>
        {levels.filter((level) => level.y <= ceiling).map((level) => (
          <g key={level.name}>
            <line class="level" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(level.y)} y2={y(level.y)} />
            <text class="level-name" x={width - MARGIN.right - 4} y={y(level.y) - 5} text-anchor="end">{level.name}</text>
          </g>
        ))}
        {series.map((each) => (
          <g key={each.name} class={each.look} clip-path={`url(#${clip})`} style={{ color: each.colour }}>
            <path d={`M${each.points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join("L")}`} />
            {each.look === "firm" && each.points.map((point) => <circle key={point.x} cx={x(point.x)} cy={y(point.y)} r={3.2} />)}
          </g>
        ))}
        {at !== null && <line class="cursor" x1={x(at)} x2={x(at)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />}
      </svg>
      {at !== null && (
        <div class="chart-card" role="status" style={x(at) > width / 2 ? { right: `${width - x(at) + 12}px` } : { left: `${x(at) + 12}px` }}>
          {describe(at).map((line) => <div key={line}>{line}</div>)}
        </div>
      )}
    </div>
  );
}
