// The network unrolled over the last symbols: states go to the right and up, the gradient of the next symbol's loss comes
// back down and to the left.
import { useId, useRef } from "preact/hooks";
import type { Run } from "../data/contract";
import { type OpenPassage, symbolAt } from "../data/passage";
import type { Numbers } from "../data/unpack";
import { fixed } from "../lib/units";
import { useWidth } from "../lib/width";
import { type Kind, colourOf } from "./parts";

export interface Unrolling {
  /** Positions, the chosen one last. */
  positions: number[];
  /** Norm of d loss / d state by layer and by column; null where it is not known. */
  norms: (number | null)[][];
  /** The share of the memory of the chosen cell that stays from after each column to the chosen one. */
  kept: (number | null)[];
}

const LEAST = -12;

/** @param gradient log10 of norms, [layer, distance, position] */
export function unroll(layers: number, position: number, columns: number, gradient: Numbers | null, keepAt: (position: number) => number | null): Unrolling {
  const first = Math.max(0, position - columns + 1);
  const positions = Array.from({ length: position - first + 1 }, (_, index) => first + index);
  const norms = Array.from({ length: layers }, (_, layer) => positions.map((at) => {
    if (!gradient) return null;
    const [, distances, length] = gradient.shape;
    const power = gradient.stored[(layer * distances + position - at) * length + position] * gradient.scale;
    return power <= LEAST ? null : 10 ** power;
  }));
  let share: number | null = 1;
  const kept = positions.map(() => null as number | null);
  for (let index = positions.length - 1; index >= 0; index--) {
    kept[index] = share;
    const gate = keepAt(positions[index]);
    share = share === null || gate === null ? null : share * gate;
  }
  return { positions, norms, kept };
}

interface Props {
  run: Run;
  passage: OpenPassage;
  unrolling: Unrolling;
  layer: number;
  /** The state whose gradient is drawn. */
  state: string;
  kind: Exclude<Kind, "plain">;
  valueAt: (position: number) => number;
  loss: number | null;
  choose: (position: number) => void;
}

const BOX = { width: 46, height: 44 };
const ROW = 104;
const LEFT = 78;
const TOP = 58;
/** Widths of arrows: powers of ten below the strongest that are still drawn. */
const DECADES = 4;

export const columnsFor = (width: number): number => Math.max(3, Math.min(16, Math.floor((width - LEFT - 20) / 68)));

export function Unrolled({ run, passage, unrolling, layer, state, kind, valueAt, loss, choose }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const id = `arrow${useId().replaceAll(/\W/g, "")}`;
  const { positions, norms, kept } = unrolling;
  const columns = Math.min(positions.length, columnsFor(width));
  const hidden = positions.length - columns;
  const gap = (width - LEFT - 30) / columns;
  const x = (index: number): number => LEFT + gap * (index - hidden + 0.5);
  const y = (row: number): number => TOP + ROW * (run.layers - 1 - row) + BOX.height / 2;
  const height = TOP + ROW * run.layers + 74;
  const strongest = Math.max(...norms.flat().map((norm) => norm ?? 0));
  const weight = (norm: number): number => Math.max(0.7, 6 * (1 + Math.log10(norm / strongest) / DECADES));
  const indices = positions.map((_, index) => index).slice(hidden);
  const last = positions.length - 1;
  const next = positions[last] + 1;
  return (
    <div class="chart unrolled" ref={frame}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img"
        aria-label={`The network unrolled over ${columns} symbols. ${norms.map((row, at) => `Layer ${at + 1}, norms of the gradient from the last symbol back: ${row.slice(hidden).reverse().map((norm) => (norm === null ? "unknown" : norm.toPrecision(2))).join(", ")}`).join(". ")}`}>
        <defs>
          {["forward", "backward"].map((way) => (
            <marker key={way} id={`${id}${way}`} viewBox="0 0 10 10" refX="8" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">
              <path class={`${way}-head`} d="M0,0.5L9.5,5L0,9.5z" />
            </marker>
          ))}
        </defs>
        {norms.map((_, row) => <text key={row} class={row === layer ? "row-name current" : "row-name"} x={8} y={y(row)} dy="0.35em">layer {row + 1}</text>)}
        <text class="row-name" x={8} y={y(0) + 78} dy="0.35em">reads</text>
        {indices.map((index) => {
          const symbol = symbolAt(passage, positions[index]);
          return (
            <g key={positions[index]}>
              <g class="column" onClick={() => choose(positions[index])}>
                <rect class={index === last ? "reads current" : "reads"} x={x(index) - 17} y={y(0) + 64} width={34} height={28} rx={5} />
                <text class={`glyph ${symbol.kind}`} x={x(index)} y={y(0) + 78} dy="0.35em" text-anchor="middle">{symbol.glyph}</text>
              </g>
              {norms.map((row, at) => {
                const norm = row[index];
                const value = at === layer ? valueAt(positions[index]) : null;
                const colour = value === null ? null : colourOf(kind, value);
                const middle = y(at);
                const beyond = index > hidden || positions[index] > 0;
                return (
                  <g key={at}>
                    <path class="forward" d={`M${x(index)},${at === 0 ? middle + 63 : y(at - 1) - BOX.height / 2}V${middle + BOX.height / 2 + 3}`} marker-end={`url(#${id}forward)`} />
                    {beyond && <path class="forward" d={`M${index === hidden ? x(index) - gap * 0.62 : x(index - 1) + BOX.width / 2},${middle - 9}H${x(index) - BOX.width / 2 - 3}`} marker-end={`url(#${id}forward)`} />}
                    {norm !== null && index < last && (
                      <>
                        <path class="backward" style={{ strokeWidth: `${weight(row[index]!).toFixed(1)}px` }}
                          d={`M${x(index + 1) - BOX.width / 2},${middle + 10}H${x(index) + BOX.width / 2 + 5}`} marker-end={`url(#${id}backward)`} />
                        <text class="backward-name" x={(x(index) + x(index + 1)) / 2} y={middle + 28} text-anchor="middle">{short(norm)}</text>
                      </>
                    )}
                    <rect class={at === layer ? "state current" : "state"} x={x(index) - BOX.width / 2} y={middle - BOX.height / 2} width={BOX.width} height={BOX.height} rx={6} style={colour ? { fill: colour.fill } : undefined} />
                    {value !== null && colour && <text class="state-value" x={x(index)} y={middle} dy="0.35em" text-anchor="middle" style={{ fill: colour.ink }}>{fixed(value, 2)}</text>}
                  </g>
                );
              })}
              {kept[index] !== null && index < last && <text class="kept" x={x(index)} y={y(layer) - BOX.height / 2 - 6} text-anchor="middle">{percentShort(kept[index]!)}</text>}
            </g>
          );
        })}
        {loss !== null && (
          <g>
            <text class="loss-name" x={Math.min(x(last), width - 120)} y={18} text-anchor="middle">loss of {symbolAt(passage, next).glyph}: {fixed(loss, 2)} nats</text>
            <path class="backward" style={{ strokeWidth: "6px" }} d={`M${x(last) + 12},26V${y(run.layers - 1) - BOX.height / 2 - 8}`} marker-end={`url(#${id}backward)`} />
            <text class="backward-name" x={x(last) + 20} y={44}>{norms[run.layers - 1][last] === null ? "" : short(norms[run.layers - 1][last]!)}</text>
          </g>
        )}
      </svg>
      <p class="sr">Gradients are those of {state}.</p>
    </div>
  );
}

const short = (norm: number): string => (norm >= 0.0095 ? String(Number(norm.toPrecision(2))) : norm.toExponential(0).replace("-", "\u2212"));
const percentShort = (share: number): string => (share < 0.005 ? "<1 %" : `${Math.round(share * 100)} %`);
