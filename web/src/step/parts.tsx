// What the drawings of cells are made of: wires, boxes, operators, and values that stand on the wires.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Quantity } from "../data/contract";
import { paletteOf, shade } from "../heat/colour";
import { fixed } from "../lib/units";

export type Kind = Quantity["kind"] | "plain";

/** What a drawing shows; null where a value is not known. */
export interface Values {
  /** Gates and states after the step, `h'` and `c'` before it, `a_i` what enters gate i. */
  of: (name: string) => number | null;
  kindOf: (name: string) => Kind;
  /** What is read: a symbol, or the layer below. */
  input: string;
  activation: string;
}

/** The id of the arrow head; every drawing has its own. */
export const Arrow = createContext("");

export function ArrowHead({ id }: { id: string }) {
  return (
    <defs>
      <marker id={id} viewBox="0 0 10 10" refX="9" refY="5" markerWidth="11" markerHeight="11" markerUnits="userSpaceOnUse" orient="auto-start-reverse">
        <path class="head" d="M0,0.5L9.5,5L0,9.5z" />
      </marker>
    </defs>
  );
}

/** A wire along a path; with an arrow where it arrives. `look`: memory (thick), peephole (dashed), or neither. */
export function Wire({ d, look = "", end = true }: { d: string; look?: string; end?: boolean }) {
  const id = useContext(Arrow);
  return <path class={`wire ${look}`} d={d} marker-end={end ? `url(#${id})` : undefined} />;
}

export const Dot = ({ x, y }: { x: number; y: number }) => <circle class="joint" cx={x} cy={y} r={4} />;

/** Element by element: times, plus, one minus. */
export function Operator({ x, y, sign }: { x: number; y: number; sign: string }) {
  return (
    <g class="operator">
      <circle cx={x} cy={y} r={16} />
      <text x={x} y={y} dy="0.36em" text-anchor="middle">{sign}</text>
    </g>
  );
}

export const BOX = { width: 74, height: 38 };

/** A layer of weights with its function, or a function alone. */
export function Box({ x, y, text, plain = false }: { x: number; y: number; text: string; plain?: boolean }) {
  return (
    <g class={plain ? "box plain" : "box"}>
      <rect x={x - BOX.width / 2} y={y - BOX.height / 2} width={BOX.width} height={BOX.height} rx={7} />
      <text x={x} y={y} dy="0.35em" text-anchor="middle">{text}</text>
    </g>
  );
}

/** A value on its wire: the name, the number, and the colour that the number has in the text. */
export function Chip({ x, y, name, value, kind }: { x: number; y: number; name: string; value: number | null; kind: Kind }) {
  const text = `${name} = ${value === null ? "?" : fixed(value, 2)}`;
  const width = 16 + 7.1 * text.length;
  const colour = kind === "plain" || value === null ? null : colourOf(kind, value);
  return (
    <g class="chip">
      <rect x={x - width / 2} y={y - 12} width={width} height={24} rx={5} style={colour ? { fill: colour.fill } : undefined} />
      <text x={x} y={y} dy="0.35em" text-anchor="middle" style={colour ? { fill: colour.ink } : undefined}>{text}</text>
    </g>
  );
}

export function colourOf(kind: Quantity["kind"], value: number): { fill: string; ink: string } {
  const { css, ink } = paletteOf(kind);
  const index = shade(kind === "gate" ? value : ((kind === "cell" ? Math.tanh(value) : value) + 1) / 2);
  return { fill: css[index], ink: ink[index] };
}

/** What enters a box: its weighted sum. */
export const Sum = ({ x, y, value }: { x: number; y: number; value: number | null }) =>
  value === null ? null : <text class="sum" x={x} y={y} text-anchor="middle">{fixed(value, 2)}</text>;

/** Where something comes in. */
export function Port({ x, y, name, note }: { x: number; y: number; name: string; note: string }) {
  return (
    <g class="port">
      <text class="port-name" x={x} y={y} dy="0.35em" text-anchor="middle">{name}</text>
      <text class="port-note" x={x} y={y + 22} text-anchor="middle">{note}</text>
    </g>
  );
}

export const Note = ({ x, y, children, anchor = "middle" }: { x: number; y: number; children: string; anchor?: "start" | "middle" | "end" }) => (
  <text class="note" x={x} y={y} text-anchor={anchor}>{children}</text>
);

export const times = (one: number | null, other: number | null): number | null => (one === null || other === null ? null : one * other);
