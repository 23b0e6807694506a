// Numbers side by side on one axis, a row for each: what was measured, its interval, and what it has to exceed.
import { useRef } from "preact/hooks";
import { useWidth } from "../lib/width";
import { linear, ticks } from "./scale";

export interface RowMark {
  x: number;
  /** dot: the measurement. bar: what it is compared with. tick: one of many. */
  look: "dot" | "bar" | "tick" | "ring";
  title: string;
}

export interface ChartRow {
  name: string;
  marks: RowMark[];
  interval?: [number, number] | null;
  /** Written at the end of the row. */
  value: string;
  strong?: boolean;
}

interface Props {
  rows: ChartRow[];
  /** Always part of the axis. */
  domain: [number, number];
  levels?: { x: number; name: string }[];
  xLabel: string;
  label: string;
  format: (value: number) => string;
}

const ROW = 26;
const TOP = 20;

export function RowChart({ rows, domain, levels = [], xLabel, label, format }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const narrow = width < 520;
  const left = narrow ? 8 : Math.min(290, width * 0.42);
  const right = 84;
  const row = narrow ? ROW + 15 : ROW;
  const height = TOP + rows.length * row + 40;
  const all = rows.flatMap((each) => [...each.marks.map((mark) => mark.x), ...(each.interval ?? [])]);
  const x = linear([Math.min(domain[0], ...all), Math.max(domain[1], ...all)], [left + 8, width - right]);
  const bottom = TOP + rows.length * row;
  return (
    <div class="chart" ref={frame}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {ticks(x.domain[0], x.domain[1], Math.max(3, Math.min(8, (width - left - right) / 70))).map((tick) => (
          <g key={tick}>
            <line class="grid" x1={x(tick)} x2={x(tick)} y1={TOP - 4} y2={bottom} />
            <text class="tick" x={x(tick)} y={bottom + 16} text-anchor="middle">{format(tick)}</text>
          </g>
        ))}
        {x.domain[0] < 0 && <line class="axis" x1={x(0)} x2={x(0)} y1={TOP - 4} y2={bottom} />}
        {levels.map((level) => (
          <g key={level.name}>
            <line class="level" x1={x(level.x)} x2={x(level.x)} y1={TOP - 4} y2={bottom} />
            <text class="level-name" x={x(level.x) + 4} y={TOP - 7}>{level.name}</text>
          </g>
        ))}
        {rows.map((each, index) => {
          const y = TOP + index * row + row - ROW / 2;
          return (
            <g key={each.name} class={each.strong ? "row strong" : "row"}>
              <text class="row-name" x={narrow ? 8 : left - 6} y={narrow ? y - 15 : y} dy="0.32em" text-anchor={narrow ? "start" : "end"}>{each.name}</text>
              {each.interval && <line class="span" x1={x(each.interval[0])} x2={x(each.interval[1])} y1={y} y2={y} />}
              {each.marks.map((mark, place) => (
                <g key={place} transform={`translate(${x(mark.x).toFixed(1)} ${y})`}>
                  <title>{mark.title}</title>
                  {mark.look === "dot" && <circle class="own" r="5" />}
                  {mark.look === "ring" && <circle class="ring" r="4.5" />}
                  {mark.look === "bar" && <line class="bar-mark" y1="-8" y2="8" />}
                  {mark.look === "tick" && <line class="tick-mark" y1="-6" y2="6" />}
                </g>
              ))}
              <text class="row-value" x={width - right + 14} y={y} dy="0.32em">{each.value}</text>
            </g>
          );
        })}
        <text class="axis-name" x={(left + width - right) / 2} y={bottom + 34} text-anchor="middle">{xLabel}</text>
      </svg>
    </div>
  );
}
