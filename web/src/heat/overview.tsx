// All cells of a layer at a glance: a row per cell, a column per position. Click a row to read that cell.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Quantity } from "../data/contract";
import { cellSteps } from "../data/passage";
import type { Numbers } from "../data/unpack";
import { type Stretch, paletteOf, scaleOf, shadeTable } from "./colour";

const ROW_PIXELS = 4;
/** More than a screen can show side by side; of longer texts every column is one position of an equal stretch. */
const MOST_COLUMNS = 1500;

interface Props {
  quantity: Quantity;
  layer: number;
  numbers: Numbers;
  order: number[];
  cell: number;
  stretch: Stretch;
  choose: (cell: number) => void;
}

export function Overview({ quantity, layer, numbers, order, cell, stretch, choose }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [hovered, hover] = useState<number | null>(null);
  const rank = order.indexOf(cell);

  useEffect(() => {
    if (canvas.current) draw(canvas.current, quantity, layer, numbers, order, stretch);
  }, [quantity, layer, numbers, order, stretch]);

  useEffect(() => {
    const box = frame.current;
    if (!box) return;
    const top = rank * ROW_PIXELS;
    if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - ROW_PIXELS) {
      box.scrollTop = top - box.clientHeight / 2;
    }
  }, [rank]);

  const cellUnder = (event: MouseEvent): number | undefined => {
    const area = canvas.current?.getBoundingClientRect();
    return area && order[Math.floor((event.clientY - area.top) / ROW_PIXELS)];
  };
  const label = `${order.length} cells of layer ${layer + 1} over ${numbers.shape[1]} positions, a row each`;
  return (
    <div class="overview">
      <div class="overview-frame" ref={frame}>
        <div class="overview-sheet" style={{ height: `${order.length * ROW_PIXELS}px` }}>
          <canvas
            ref={canvas}
            role="img"
            aria-label={label}
            onClick={(event) => {
              const chosen = cellUnder(event);
              if (chosen !== undefined) choose(chosen);
            }}
            onMouseMove={(event) => hover(cellUnder(event) ?? null)}
            onMouseLeave={() => hover(null)}
          />
          <div class="overview-row" style={{ top: `${rank * ROW_PIXELS}px`, height: `${ROW_PIXELS}px` }} />
        </div>
      </div>
      <p class="quiet small">
        {hovered === null
          ? `One row per cell, top to bottom; the text runs left to right. Click a row to read that cell.`
          : `cell ${hovered + 1}: mean ${quantity.mean[layer][hovered]}, from ${quantity.low[layer][hovered]} to ${quantity.high[layer][hovered]}`}
      </p>
    </div>
  );
}

function draw(
  canvas: HTMLCanvasElement, quantity: Quantity, layer: number, numbers: Numbers, order: number[], stretch: Stretch,
): void {
  const length = numbers.shape[1];
  const columns = Math.min(length, MOST_COLUMNS);
  const every = length / columns;
  canvas.width = columns;
  canvas.height = order.length;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(columns, order.length);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = paletteOf(quantity.kind).rgb.map(([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r);
  const [lowest, highest] = storedLimits(numbers);
  const whole = stretch === "full" ? shadeTable(scaleOf(quantity, "full", layer, 0), numbers.scale, lowest, highest) : null;
  order.forEach((cell, row) => {
    const steps = cellSteps(numbers, cell);
    const shadeOf = whole ?? shadeTable(scaleOf(quantity, "cell", layer, cell), numbers.scale, lowest, highest);
    for (let column = 0; column < columns; column++) pixels[row * columns + column] = colours[shadeOf(steps[Math.floor(column * every)])];
  });
  context.putImageData(image, 0, 0);
}

export function storedLimits(numbers: Numbers): [number, number] {
  if (numbers.stored instanceof Int8Array) return [-128, 127];
  if (numbers.stored instanceof Uint8Array) return [0, 255];
  return [-32768, 32767];
}
