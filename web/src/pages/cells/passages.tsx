// Text coloured by one cell, in passages that a rule has chosen; and every gate of it along one of them.
import { useEffect, useState } from "preact/hooks";
import type { Cells, Exhibit, Trace } from "../../data/contract";
import { type Numbers, unpack } from "../../data/unpack";
import { paletteOf, shade } from "../../heat/colour";
import { fixed, whole } from "../../lib/units";

export interface OpenExhibit {
  source: Exhibit;
  length: number;
  ids: Numbers;
  track: Numbers | null;
  traces: Map<string, { trace: Trace; numbers: Numbers }>;
}

export function useExhibit(source: Exhibit | undefined): OpenExhibit | null {
  const [opened, set] = useState<OpenExhibit | null>(null);
  useEffect(() => {
    if (!source) return;
    let wanted = true;
    void open(source).then((made) => wanted && set(made));
    return () => { wanted = false; };
  }, [source]);
  return opened?.source === source ? opened : null;
}

async function open(source: Exhibit): Promise<OpenExhibit> {
  const [ids, track, ...values] = await Promise.all([
    unpack(source.ids), source.track ? unpack(source.track) : null, ...source.traces.map((trace) => unpack(trace.values)),
  ]);
  const traces = new Map(source.traces.map((trace, index) => [trace.name, { trace, numbers: values[index] }]));
  return { source, length: ids.shape[1], ids, track, traces };
}

/** Where a value stands on the scale of its quantity, 0 to 1. */
export function place(kind: Trace["kind"], value: number): number {
  if (kind === "gate") return value;
  return ((kind === "cell" ? Math.tanh(value) : value) + 1) / 2;
}

/** The middle 96 % of the cell's values in its passages: c may run far beyond where its tanh can tell values apart. */
export function ownRange(numbers: Numbers): [number, number] {
  let range = ranges.get(numbers);
  if (!range) {
    const sorted = Float64Array.from(numbers.stored, (step) => step * numbers.scale).sort();
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
    range = [at(0.02), at(0.98)];
    ranges.set(numbers, range);
  }
  return range;
}

const ranges = new WeakMap<Numbers, [number, number]>();

interface PassageProps {
  /** Colours over the cell's own range, not that of its quantity. */
  own: boolean;
  /** Whether the feature is marked. */
  underline?: boolean;
  found: Cells;
  exhibit: OpenExhibit;
  passage: number;
  quantity: string;
  /** At most so many symbols, from the middle. */
  most?: number;
  hover?: (position: number | null) => void;
}

/** One passage as boxes; underlined where a binary feature holds. */
export function PassageText({ found, exhibit, passage, quantity, own, underline = true, most = exhibit.length, hover }: PassageProps) {
  const entry = exhibit.traces.get(quantity) ?? [...exhibit.traces.values()][0];
  const { css, ink } = paletteOf(entry.trace.kind);
  const first = Math.max(0, Math.floor((exhibit.length - most) / 2));
  const binary = underline && isBinary(exhibit);
  const [low, high] = own ? ownRange(entry.numbers) : [0, 0];
  const lines: preact.JSX.Element[][] = [[]];
  for (let position = first; position < Math.min(exhibit.length, first + most); position++) {
    const at = passage * exhibit.length + position;
    const symbol = found.symbols[exhibit.ids.stored[at]];
    const value = entry.numbers.stored[at] * entry.numbers.scale;
    const index = shade(own ? (value - low) / (high - low || 1) : place(entry.trace.kind, value));
    const holds = binary && exhibit.track!.stored[at] === 1;
    lines[lines.length - 1].push(
      <span key={position} class={`s ${symbol.kind}${holds ? " holds" : ""}`} style={{ backgroundColor: css[index], color: ink[index] }}
        title={`${symbol.name}: ${entry.trace.name} ${fixed(value, 2)}`} onMouseEnter={hover && (() => hover(position))}>{symbol.glyph}</span>,
    );
    if (symbol.kind === "break") lines.push([]);
  }
  return (
    <div class="sheet excerpt" onMouseLeave={hover && (() => hover(null))}>
      {lines.filter((line) => line.length > 0).map((line, index) => <div class="line" key={index}>{line}</div>)}
    </div>
  );
}

/** Whether the feature is one that holds or does not. */
export function isBinary(exhibit: OpenExhibit): boolean {
  if (!exhibit.track) return false;
  return exhibit.track.stored.every((value) => Number.isNaN(value) || value === 0 || value === 1);
}

const KINDS = {
  top: ["Top", "around its most extreme values, in the direction of the feature"],
  median: ["Median", "around its most usual values"],
  random: ["Random", "from anywhere"],
} as const;

export function Passages({ found, exhibit, quantity, own }: { found: Cells; exhibit: OpenExhibit; quantity: string; own: boolean }) {
  const [chosen, choose] = useState(0);
  const [position, hover] = useState<number | null>(null);
  const kinds = [...new Set(exhibit.source.kinds)];
  return (
    <>
      <div class="passages">
        {kinds.map((kind) => (
          <div key={kind}>
            <h4>{KINDS[kind][0]} <span class="quiet small">{KINDS[kind][1]}</span></h4>
            {exhibit.source.kinds.map((each, passage) => each === kind && (
              <div key={passage} class={passage === chosen ? "passage chosen" : "passage"}>
                <PassageText found={found} exhibit={exhibit} passage={passage} quantity={quantity} own={own}
                  hover={passage === chosen ? hover : undefined} />
                <button type="button" class="minor small" aria-pressed={passage === chosen} onClick={() => choose(passage)}>
                  {passage === chosen ? "gates below" : "show its gates"}<span class="quiet"> from position {whole(exhibit.source.starts[passage])}</span>
                </button>
              </div>
            ))}
          </div>
        ))}
      </div>
      <Traces found={found} exhibit={exhibit} passage={chosen} position={position} />
    </>
  );
}

const STEP = 9;
const ROW = 46;
const TOP = 22;
const SIDE = 150;

function Traces({ found, exhibit, passage, position }: { found: Cells; exhibit: OpenExhibit; passage: number; position: number | null }) {
  const entries = [...exhibit.traces.values()];
  const binary = isBinary(exhibit);
  const n = exhibit.length;
  const at = (index: number): number => passage * n + index;
  const height = TOP + entries.length * ROW + 6;
  const track = exhibit.track ? Array.from({ length: n }, (_, index) => exhibit.track!.stored[at(index)]) : [];
  const text = Array.from({ length: n }, (_, index) => found.symbols[exhibit.ids.stored[at(index)]]);
  return (
    <figure class="finding">
      <div class="scroll">
        <svg class="traces" width={SIDE + n * STEP + 8} height={height} role="img"
          aria-label={`States and gates along the passage "${text.map((symbol) => symbol.glyph).join("")}"`}>
          {binary && stretches(track).map(([start, stop]) => (
            <rect key={start} class="holding" x={SIDE + start * STEP} y={TOP - 4} width={(stop - start) * STEP} height={height - TOP + 2} />
          ))}
          {text.map((symbol, index) => (
            <text key={index} class={`trace-symbol ${symbol.kind}`} x={SIDE + (index + 0.5) * STEP} y={13} text-anchor="middle">{symbol.glyph}</text>
          ))}
          {entries.map(({ trace, numbers }, row) => {
            const y = (value: number): number => TOP + row * ROW + 3 + (1 - place(trace.kind, value)) * (ROW - 8);
            const value = (index: number): number => numbers.stored[at(index)] * numbers.scale;
            const zero = trace.kind === "gate" ? [0, 1] : [0];
            return (
              <g key={trace.name}>
                <text class="row-name" x={0} y={TOP + row * ROW + ROW / 2} dy="0.2em"><tspan class="trace-name">{trace.name}</tspan> {trace.meaning}</text>
                {zero.map((level) => <line key={level} class="grid" x1={SIDE} x2={SIDE + n * STEP} y1={y(level)} y2={y(level)} />)}
                <path class="trace" d={`M${Array.from({ length: n }, (_, index) => `${(SIDE + (index + 0.5) * STEP).toFixed(1)},${y(value(index)).toFixed(1)}`).join("L")}`} />
                {position !== null && <text class="tick" x={SIDE + (position + 0.5) * STEP + 4} y={y(value(position)) - 3}>{fixed(value(position), 2)}</text>}
              </g>
            );
          })}
          {position !== null && <line class="cursor" x1={SIDE + (position + 0.5) * STEP} x2={SIDE + (position + 0.5) * STEP} y1={TOP - 4} y2={height} />}
        </svg>
      </div>
      <figcaption>
        Every state and gate of this cell along the chosen passage; point at a symbol of the passage to read the values. Gates run
        from 0 (lower line) to 1 (upper line), the others from −1 to 1 with 0 in the middle, c as its tanh.
        {binary && " Shaded: where the feature holds."}
      </figcaption>
    </figure>
  );
}

function stretches(track: number[]): [number, number][] {
  const found: [number, number][] = [];
  track.forEach((value, index) => {
    if (value !== 1) return;
    const last = found[found.length - 1];
    if (last && last[1] === index) last[1] = index + 1;
    else found.push([index, index + 1]);
  });
  return found;
}
