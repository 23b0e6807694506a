// Symbols that one of two predictors knows better: two bars each, and the difference with its interval.
import { colour } from "../../chart/plot";
import type { Advantages, SymbolAdvantage } from "../../data/contract";
import { csv, saveAs } from "../../lib/download";
import { fixed, whole } from "../../lib/units";

export function Symbols({ found }: { found: Advantages }) {
  return (
    <section>
      <h2>Symbols that one of the two knows better</h2>
      <figure class="finding">
        <ul class="keys">
          {found.names.map((name, index) => <li key={name}><i class="swatch" style={{ background: colour(index) }} />{index === 0 ? "upper" : "lower"} bar: {name}</li>)}
        </ul>
        <div class="columns">
          {([["first", found.names[0]], ["second", found.names[1]]] as const).map(([side, name]) => found[side].length > 0 && (
            <div key={side}><h3>Better: {name}</h3><Table rows={found[side]} /></div>
          ))}
        </div>
        <figcaption>
          Mean probability of a symbol at the places where it came, from 0 to 1. The difference is {found.names[0]} minus{" "}
          {found.names[1]}, with its interval. Symbols were chosen on the validation part and measured on the test part, so a
          difference may be smaller here, or turn round. † fewer than 50 cases.
        </figcaption>
      </figure>
      <button type="button" class="minor" onClick={() => saveAs("errors-symbols.csv", "text/csv", asCsv(found))}>Save as CSV</button>
    </section>
  );
}

function Table({ rows }: { rows: SymbolAdvantage[] }) {
  return (
    <div class="scroll">
      <table class="contexts symbols">
        <thead><tr><th scope="col">symbol</th><th scope="col" class="wide">mean probability</th><th scope="col">difference</th><th scope="col">cases</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row"><code>{row.name}</code></th>
              <td class="wide">{[row.first, row.second].map((value, index) => (
                <span key={index} class="pair"><span style={{ width: `${value * 80}%`, background: colour(index) }} /><small>{fixed(value, 2)}</small></span>
              ))}</td>
              <td>{fixed(row.difference, 3)}{row.interval && <span class="quiet small block">{row.interval.map((end) => fixed(end, 3)).join(" to ")}</span>}</td>
              <td>{whole(row.count)}{!row.enough && " †"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const asCsv = (found: Advantages): string =>
  csv(
    ["symbol", "better", "cases", `p_${found.names[0]}`, `p_${found.names[1]}`, "difference", "low", "high"],
    (["first", "second"] as const).flatMap((side, index) => found[side].map((row) => [
      row.name, found.names[index], row.count, row.first, row.second, row.difference, row.interval?.[0] ?? null, row.interval?.[1] ?? null,
    ])),
  );
