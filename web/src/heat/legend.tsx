// What the colours mean, in numbers.
import { type Scale, paletteOf } from "./colour";

/** Up to three digits and no idle zeros. */
const numeral = (value: number): string => String(Number(value.toPrecision(3))).replace("-", "\u2212");

/** `value`: what the pointer is on, shown as a mark on the bar. */
export function Legend({ scale, name, value }: { scale: Scale; name: string; value: number | null }) {
  const { css } = paletteOf(scale.kind);
  const stops = css.filter((_, index) => index % 2 === 0).join(", ");
  const percent = (place: number): string => `${(Math.min(1, Math.max(0, place)) * 100).toFixed(2)}%`;
  return (
    <figure class="legend" aria-label={`Colour scale of ${name}, ${scale.words}`}>
      <div class="bar" style={{ background: `linear-gradient(to right, ${stops})` }}>
        {value !== null && <span class="needle" style={{ left: percent(scale.place(value)) }} />}
      </div>
      <div class="ticks">
        {scale.ticks.map((tick) => (
          <span key={tick} style={{ left: percent(scale.place(tick)) }}>{numeral(tick)}</span>
        ))}
      </div>
      <figcaption>{name}, {scale.words}</figcaption>
    </figure>
  );
}
