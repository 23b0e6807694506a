// The text around the chosen symbol, in the colours of the chosen cell; a click chooses another symbol.
import { type OpenPassage, symbolAt } from "../data/passage";
import { colourOf } from "./parts";

interface Props {
  passage: OpenPassage;
  position: number;
  valueAt: (position: number) => number;
  kind: "signed" | "gate" | "cell";
  choose: (position: number) => void;
}

const BEFORE = 60;
const AFTER = 30;

export function Ribbon({ passage, position, valueAt, kind, choose }: Props) {
  const from = Math.max(0, Math.min(position - BEFORE, passage.length - BEFORE - AFTER));
  const shown = Array.from({ length: Math.min(BEFORE + AFTER, passage.length - from) }, (_, index) => from + index);
  return (
    <div class="ribbon-row">
      <button type="button" aria-label="earlier text" disabled={from === 0} onClick={() => choose(Math.max(1, position - AFTER))}>«</button>
      <div class="ribbon" role="group" aria-label="the text around the chosen symbol">
        {shown.map((at) => {
          const symbol = passage.groupAt[at] && passage.groupAt[at]!.start === at ? passage.groupAt[at]! : symbolAt(passage, at);
          const { fill, ink } = colourOf(kind, valueAt(at));
          return (
            <button key={at} type="button" tabIndex={-1} class={`s ${symbol.kind}${at === position ? " marked" : ""}`} title={`${symbol.name}, position ${at + 1}`}
              aria-label={`${symbol.name}, position ${at + 1}`} aria-pressed={at === position} disabled={at === 0} style={{ backgroundColor: fill, color: ink }}
              onClick={() => choose(at)}>{symbol.glyph}</button>
          );
        })}
      </div>
      <button type="button" aria-label="later text" disabled={from + shown.length >= passage.length} onClick={() => choose(Math.min(passage.length - 1, position + AFTER))}>»</button>
    </div>
  );
}
