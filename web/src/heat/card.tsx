// Everything known about one position: the symbol, every quantity of the chosen cell, its cost, and what was expected.
import type { Passage } from "../data/contract";
import { type OpenLayer, type OpenPassage, cellSteps, expectations, symbolAt } from "../data/passage";
import { bits, fixed, percent, whole } from "../lib/units";

interface Props {
  passage: OpenPassage;
  layer: OpenLayer;
  cell: number;
  quantity: string;
  position: number;
  pinned: boolean;
  release: () => void;
}

export function Card({ passage, layer, cell, quantity, position, pinned, release }: Props) {
  const symbol = symbolAt(passage, position);
  const group = passage.groupAt[position];
  const logProb = passage.logProbNats[position];
  const next = position + 1 < passage.length ? passage.ids[position + 1] : -1;
  return (
    <div class="card-body">
      <p class="card-title">
        <span class={`big ${(group ?? symbol).kind}`}>{(group ?? symbol).glyph}</span>
        <span>
          position {whole(position + 1)}{pinned && <span class="quiet">, held</span>}
          <br />
          <span class="quiet">
            {group ? `${symbol.name}, byte ${position - group.start + 1} of ${group.length} of ${group.name}` : symbol.name}
          </span>
        </span>
        {pinned && <button type="button" class="close" aria-label="let go" title="let go (Esc)" onClick={release}>×</button>}
      </p>
      {Number.isFinite(logProb) && (
        <p>
          It had probability {percent(Math.exp(logProb))}: log p = {fixed(logProb, 3)} nats = {fixed(bits(logProb), 3)} bits.
        </p>
      )}
      <table class="values">
        <caption>Layer {layer.layer + 1}, cell {cell + 1}, after this symbol</caption>
        <tbody>
          {passage.source.quantities.map((each) => (
            <tr key={each.name} class={each.name === quantity ? "current" : ""}>
              <th scope="row">{each.name}</th>
              <td>{valueText(each, layer, cell, position)}</td>
              <td class="quiet" title={each.explained}>{each.meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {passage.ranks > 0 && (
        <ol class="expectations" aria-label="most likely next symbols">
          {expectations(passage, position).map(({ symbol: guess, probability }, rank) => (
            <li key={rank} title={guess.name}>
              <span class={`guess ${guess.kind}`}>{guess.glyph}</span>
              <span class="rod"><span style={{ width: `${(probability * 100).toFixed(1)}%` }} /></span>
              <span class="number">{percent(probability)}</span>
              <span class="quiet small">{passage.nextIds[position * passage.ranks + rank] === next ? "came" : ""}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

export function valueOf(layer: OpenLayer, quantity: string, cell: number, position: number): number {
  const numbers = layer.quantities.get(quantity);
  return numbers ? cellSteps(numbers, cell)[position] * numbers.scale : Number.NaN;
}

function valueText(quantity: Passage["quantities"][number], layer: OpenLayer, cell: number, position: number): string {
  const value = valueOf(layer, quantity.name, cell, position);
  if (Number.isNaN(value)) return "\u2026"; // still being opened
  return quantity.kind === "cell" ? `${fixed(value, 3)} (tanh ${fixed(Math.tanh(value), 2)})` : fixed(value, 2);
}
