// The onion: every error in the first class that removes it, as one bar for each network and as a list.
import { colour } from "../../chart/plot";
import type { ErrorClass, Errors, Onion } from "../../data/contract";
import { csv, saveAs } from "../../lib/download";
import { fixed, percent, whole } from "../../lib/units";

interface Family {
  name: string;
  classes: ErrorClass[];
}

const MEANINGS: Record<string, string> = {
  "n-gram": "an n-gram model with a short context knew the symbol",
  memory: "the word stood in the text shortly before (all of its symbols but the first)",
  "rare words": "the word is rare in the training part or never there",
  "word starts": "the symbol stands after a space, a quote or a newline",
  punctuation: "the symbol is punctuation or a sign",
  boost: "a little more probability would have been enough; this explains nothing",
  unexplained: "none of the above",
};

function families(onion: Onion): Family[] {
  const names = [...new Set(onion.classes.map((one) => one.family))];
  return names.map((name) => ({ name, classes: onion.classes.filter((one) => one.family === name) }));
}

const sum = (classes: ErrorClass[], pick: (one: ErrorClass) => number): number => classes.reduce((total, one) => total + pick(one), 0);

export function Causes({ errors }: { errors: Errors }) {
  const [large, small] = errors.onions;
  const groups = families(large);
  const bars = [
    ...errors.onions.map((onion) => ({ name: onion.network, shares: groups.map((group) => familyShare(onion, group.name)) })),
    ...(errors.paper?.networks ?? []).map((name, index) => ({
      name: `paper: ${name}`, shares: groups.map((group) => sum(group.classes, (one) => one.paper[index] ?? 0)),
    })),
  ];
  return (
    <section>
      <h2>Causes of errors</h2>
      <figure class="finding">
        {bars.map((bar) => (
          <div key={bar.name} class="stack-row">
            <span>{bar.name}</span>
            <div class="stack" role="img" aria-label={groups.map((group, index) => `${group.name} ${percent(bar.shares[index])}`).join(", ")}>
              {groups.map((group, index) => (
                <span key={group.name} title={`${group.name}: ${percent(bar.shares[index])}`} class={index % 2 ? "odd" : ""}
                  style={{ width: `${bar.shares[index] * 100}%`, background: colour(index) }}>{bar.shares[index] >= 0.045 && percent(bar.shares[index])}</span>
              ))}
            </div>
          </div>
        ))}
        <ul class="keys">
          {groups.map((group, index) => <li key={group.name}><i class="swatch" style={{ background: colour(index) }} />{group.name}</li>)}
        </ul>
        <figcaption>
          Shares of each network's own errors, in the order of the key from left to right. Oracles were applied one after
          another and an error belongs to the first that removes it, so an earlier family takes what a later one could have
          taken too: the table says what each class would take first and last.
        </figcaption>
      </figure>
      {errors.paper && <p>{errors.paper.text} Its networks made: {errors.paper.errors.map((count, index) => `${whole(count)} errors (${percent(count / errors.paper!.symbols)}), ${errors.paper!.networks[index]}`).join(", ")}.</p>}
      <div class="scroll">
        <table class="contexts classes">
          <thead>
            <tr>
              <th scope="col">cause</th><th scope="col">errors</th><th scope="col">share (95 %)</th><th scope="col">of nats</th>
              <th scope="col">taken first</th><th scope="col">taken last</th>
              {small && <th scope="col">errors of {small.network}</th>}{small && <th scope="col">fewer than there</th>}
              {errors.paper && <th scope="col">paper: large / small</th>}
            </tr>
          </thead>
          {groups.map((group, index) => (
            <tbody key={group.name}>
              <tr class="family">
                <th scope="row"><i class="swatch" style={{ background: colour(index) }} />{group.name}<span class="quiet small block">{MEANINGS[group.name]}</span></th>
                <Cells classes={group.classes} small={small?.classes.filter((one) => one.family === group.name)} paper={errors.paper !== null} whole />
              </tr>
              {group.classes.length > 1 && group.classes.map((one) => (
                <tr key={one.name} class="class">
                  <th scope="row">{one.name}</th>
                  <Cells classes={[one]} small={small?.classes.filter((other) => other.name === one.name)} paper={errors.paper !== null} />
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
      <p class="quiet small">
        A class counts what it adds to the classes above it: “3-gram” holds what no shorter context knew. “Of nats” is its share
        of the cost of all errors. {small && `“Fewer than there”: how many errors of the class ${small.network} makes beyond ${large.network}, and their share of the whole difference of ${whole(small.errors - large.errors)}.`}
      </p>
      <Controls errors={errors} />
      <button type="button" class="minor" onClick={() => saveAs("errors-causes.csv", "text/csv", asCsv(errors))}>Save as CSV</button>
    </section>
  );

  function Cells({ classes, small: others, paper, whole: total = false }: { classes: ErrorClass[]; small?: ErrorClass[]; paper: boolean; whole?: boolean }) {
    const count = sum(classes, (one) => one.errors);
    const theirs = others && sum(others, (one) => one.errors);
    const interval = !total || classes.length === 1 ? classes[0].interval : null;
    return (
      <>
        <td>{whole(count)}</td>
        <td>{percent(sum(classes, (one) => one.share))}{interval && <span class="quiet small"> ({interval.map((end) => fixed(end * 100, 1)).join("–")})</span>}</td>
        <td>{percent(sum(classes, (one) => one.share_of_nats))}</td>
        <td>{percent(sum(classes, (one) => one.share_first))}</td>
        <td>{percent(sum(classes, (one) => one.share_last))}</td>
        {theirs !== undefined && <td>{whole(theirs)}</td>}
        {theirs !== undefined && <td>{whole(theirs - count).replace("-", "\u2212")}{small.errors > large.errors && <span class="quiet small"> ({fixed((100 * (theirs - count)) / (small.errors - large.errors), 0)} %)</span>}</td>}
        {paper && <td>{classes.some((one) => one.paper.length) ? [0, 1].map((index) => percent(sum(classes, (one) => one.paper[index] ?? 0))).join(" / ") : "–"}</td>}
      </>
    );
  }
}

const familyShare = (onion: Onion, family: string): number => sum(onion.classes.filter((one) => one.family === family), (one) => one.share);

function Controls({ errors }: { errors: Errors }) {
  if (errors.controls.length === 0) return null;
  return (
    <details>
      <summary>Controls: how much of this is chance?</summary>
      <p>An oracle that should know nothing removes errors too. What a class has beyond its control is what its cause explains; each row holds all the classes before it in its family.</p>
      <div class="scroll">
        <table class="contexts">
          <thead><tr><th scope="col">oracle</th><th scope="col">removes</th><th scope="col">its control removes</th><th scope="col">the control</th></tr></thead>
          <tbody>{errors.controls.map((one) => <tr key={one.name}><th scope="row">{one.name}</th><td>{percent(one.share)}</td><td>{percent(one.share_control)}</td><td>{one.meaning}</td></tr>)}</tbody>
        </table>
      </div>
    </details>
  );
}

const asCsv = (errors: Errors): string =>
  csv(
    ["network", "class", "family", "errors", "share", "low", "high", "share_of_nats", "share_first", "share_last", "paper_large", "paper_small"],
    errors.onions.flatMap((onion) => onion.classes.map((one) => [
      onion.network, one.name, one.family, one.errors, one.share, one.interval?.[0] ?? null, one.interval?.[1] ?? null,
      one.share_of_nats, one.share_first, one.share_last, one.paper[0] ?? null, one.paper[1] ?? null,
    ])),
  );
