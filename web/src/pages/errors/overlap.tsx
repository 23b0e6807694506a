// Which errors predictors share: exact regions, as dots for who errs and a bar for how often.
import type { Overlap } from "../../data/contract";
import { csv, saveAs } from "../../lib/download";
import { fixed, percent, whole } from "../../lib/units";
import { Venn } from "./venn";

export function Overlaps({ overlaps, all, threshold }: { overlaps: Overlap[]; all: Overlap | null; threshold: number }) {
  const main = overlaps.find((one) => one.threshold === threshold) ?? overlaps[0];
  const others = overlaps.filter((one) => one !== main);
  return (
    <section>
      <h2>Errors in common</h2>
      <figure class="finding">
        <Venn overlap={main} />
        <Regions overlap={main} />
        <figcaption>
          Every position is in exactly one row. A filled dot: this predictor errs there; an empty one: it is right. Bars and
          shares are of all positions; below a name stands the share of positions at which it errs. A rival's own row is what the
          others know and it does not.
        </figcaption>
      </figure>
      {all && (
        <details>
          <summary>With {all.names.filter((name) => !main.names.includes(name)).join(" and ")}</summary>
          <Regions overlap={all} />
        </details>
      )}
      {others.length > 0 && (
        <details>
          <summary>With other thresholds: {others.map((one) => one.threshold).join(" and ")}</summary>
          {others.map((one) => <div key={one.threshold}><h3>Probability below {one.threshold}</h3><Regions overlap={one} /></div>)}
        </details>
      )}
      <button type="button" class="minor" onClick={() => saveAs("errors-overlap.csv", "text/csv", asCsv(overlaps))}>Save as CSV</button>
    </section>
  );
}

function Regions({ overlap }: { overlap: Overlap }) {
  const positions = overlap.regions.reduce((total, region) => total + region.errors, 0);
  const largest = Math.max(...overlap.regions.map((region) => region.share));
  return (
    <div class="scroll">
      <table class="contexts regions">
        <thead>
          <tr>
            {overlap.names.map((name, index) => <th scope="col" key={name}>{name}<span class="block small">{percent(overlap.totals[index] / positions)}</span></th>)}
            <th scope="col">positions</th><th scope="col">share (95 %)</th><th scope="col" class="wide"><span class="sr">as a bar</span></th>
          </tr>
        </thead>
        <tbody>
          {overlap.regions.map((region) => (
            <tr key={region.predictors.join()}>
              {overlap.names.map((name) => {
                const wrong = region.predictors.includes(name);
                return <td key={name} class="who"><span aria-hidden="true">{wrong ? "●" : "○"}</span><span class="sr">{wrong ? "errs" : "is right"}</span></td>;
              })}
              <td>{whole(region.errors)}</td>
              <td>{percent(region.share)}{region.interval && <span class="quiet small"> ({region.interval.map((end) => fixed(end * 100, 1)).join("–")})</span>}</td>
              <td class="wide"><span class={region.predictors.length ? "loss-bar strong" : "loss-bar"}><span style={{ width: `${(region.share / largest) * 100}%` }} /></span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const asCsv = (overlaps: Overlap[]): string =>
  csv(
    ["threshold", "predictors", "positions", "share", "low", "high"],
    overlaps.flatMap((one) => one.regions.map((region) => [
      one.threshold, region.predictors.join(" + "), region.errors, region.share, region.interval?.[0] ?? null, region.interval?.[1] ?? null,
    ])),
  );
