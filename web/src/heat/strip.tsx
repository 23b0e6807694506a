// The chosen cell as a line along the passage: how far, how long, how sudden.
import { useMemo } from "preact/hooks";
import type { Scale } from "./colour";

const HEIGHT = 64;

/** More than a screen can show side by side. */
const COLUMNS = 1500;

interface Props {
  values: ArrayLike<number>;
  step: number;
  scale: Scale;
  position: number | null;
  choose: (position: number) => void;
}

export function Strip({ values, step, scale, position, choose }: Props) {
  const length = values.length;
  const y = (value: number): number => HEIGHT - 2 - Math.min(1, Math.max(0, scale.place(value))) * (HEIGHT - 4);
  const path = useMemo(() => {
    const points: string[] = [];
    const point = (at: number, stored: number): unknown => points.push(`${at.toFixed(1)},${y(stored * step).toFixed(1)}`);
    if (length <= 2 * COLUMNS) for (let at = 0; at < length; at++) point(at + 0.5, values[at]);
    else for (const [at, low, high] of envelope(values)) [low, high].forEach((stored) => point(at, stored));
    return `M${points.join("L")}`;
  }, [values, step, scale]);
  const at = (event: MouseEvent): number => {
    const area = (event.currentTarget as Element).getBoundingClientRect();
    const share = (event.clientX - area.left) / area.width;
    return Math.min(length - 1, Math.max(0, Math.floor(share * length)));
  };
  return (
    <svg class="strip" viewBox={`0 0 ${length} ${HEIGHT}`} preserveAspectRatio="none" role="img"
      aria-label="value of the cell along the passage" onClick={(event) => choose(at(event))}>
      <line class="zero" x1="0" x2={length} y1={y(0)} y2={y(0)} />
      <path d={path} />
      {position !== null && <line class="cursor" x1={position + 0.5} x2={position + 0.5} y1="0" y2={HEIGHT} />}
    </svg>
  );
}

/** Of a long line, the lowest and highest value within each of `COLUMNS` equal stretches, with the stretch's middle. */
function* envelope(values: ArrayLike<number>): Generator<[number, number, number]> {
  for (let column = 0; column < COLUMNS; column++) {
    const [from, to] = [column, column + 1].map((each) => Math.floor((each * values.length) / COLUMNS));
    let [low, high] = [values[from], values[from]];
    for (let at = from + 1; at < to; at++) {
      if (values[at] < low) low = values[at];
      else if (values[at] > high) high = values[at];
    }
    yield [(from + to) / 2, low, high];
  }
}
