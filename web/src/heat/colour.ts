// From a number to a colour. Signed quantities run from red over white (exactly 0) to blue, c through its tanh; gates
// have a scale of another hue. Stops: ColorBrewer RdBu and Greens, safe for the common kinds of colour blindness.
import type { Quantity } from "../data/contract";

type QuantityKind = Quantity["kind"];

export interface Scale {
  kind: QuantityKind;
  /** Where a value stands on the scale, 0 to 1. */
  place: (value: number) => number;
  ticks: number[];
  words: string;
}

const RED_WHITE_BLUE = ["b2182b", "d6604d", "f4a582", "fddbc7", "ffffff", "d1e5f0", "92c5de", "4393c3", "2166ac"];
const GREENS = ["ffffff", "e5f5e0", "a1d99b", "41ab5d", "006d2c"];
/** An odd number, so that the middle, white, is a colour of its own. */
const SHADES = 255;

type Rgb = [number, number, number];

const channels = (hex: string): Rgb => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb;

function ramp(stops: string[]): Rgb[] {
  return Array.from({ length: SHADES }, (_, index) => {
    const where = (index / (SHADES - 1)) * (stops.length - 1);
    const below = Math.min(Math.floor(where), stops.length - 2);
    const [low, high] = [channels(stops[below]), channels(stops[below + 1])];
    return low.map((from, channel) => Math.round(from + (high[channel] - from) * (where - below))) as Rgb;
  });
}

/** Black or white, whichever has more contrast on the background (WCAG relative luminance). */
export function ink(background: Rgb): "#000" | "#fff" {
  const [r, g, b] = background.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > Math.sqrt(1.05 * 0.05) - 0.05 ? "#000" : "#fff";
}

export interface Palette {
  rgb: Rgb[];
  css: string[];
  ink: string[];
}

function palette(stops: string[]): Palette {
  const rgb = ramp(stops);
  return { rgb, css: rgb.map(([r, g, b]) => `rgb(${r}, ${g}, ${b})`), ink: rgb.map(ink) };
}

const DIVERGING = palette(RED_WHITE_BLUE);
const SEQUENTIAL = palette(GREENS);

export const paletteOf = (kind: QuantityKind): Palette => (kind === "gate" ? SEQUENTIAL : DIVERGING);

/** Index of the shade of a place on the scale; places outside are drawn as the nearest end. */
export const shade = (place: number): number =>
  Math.round(Math.min(1, Math.max(0, Number.isNaN(place) ? 0.5 : place)) * (SHADES - 1));

export type Stretch = "full" | "cell";

/** The scale of a quantity: its whole range, or the range one cell uses over the whole recorded text. */
export function scaleOf(quantity: Quantity, stretch: Stretch, layer: number, cell: number): Scale {
  if (stretch === "cell") return cellScale(quantity, quantity.low[layer][cell], quantity.high[layer][cell]);
  switch (quantity.kind) {
    case "gate":
      return { kind: "gate", place: (value) => value, ticks: [0, 0.25, 0.5, 0.75, 1], words: "from 0 to 1" };
    case "signed":
      return {
        kind: "signed", place: (value) => (value + 1) / 2, ticks: [-1, -0.5, 0, 0.5, 1], words: "from \u22121 to 1",
      };
    case "cell":
      return {
        kind: "cell", place: (value) => (Math.tanh(value) + 1) / 2, ticks: [-2, -1, -0.5, 0, 0.5, 1, 2],
        words: "unbounded, coloured by its tanh",
      };
  }
}

function cellScale(quantity: Quantity, low: number, high: number): Scale {
  const words = "the range of this cell over the whole recorded text";
  if (quantity.kind === "gate") {
    const span = high - low || 1;
    return { kind: "gate", place: (value) => (value - low) / span, ticks: [low, (low + high) / 2, high], words };
  }
  const top = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return {
    kind: quantity.kind, place: (value) => (value / top + 1) / 2, ticks: [-top, -top / 2, 0, top / 2, top],
    words: `${words}, with 0 in the middle`,
  };
}

/** The shade of every stored step: arrays are coloured by look-up, not by arithmetic. */
export function shadeTable(scale: Scale, step: number, lowest: number, highest: number): (stored: number) => number {
  const table = new Uint8Array(highest - lowest + 1);
  for (let stored = lowest; stored <= highest; stored++) table[stored - lowest] = shade(scale.place(stored * step));
  return (stored) => table[stored - lowest];
}
