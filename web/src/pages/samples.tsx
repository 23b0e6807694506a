// What the network writes: while it learns, and when it is done, from timid to wild.
import { useState } from "preact/hooks";
import type { Run, Sample } from "../data/contract";
import { Choice } from "../heat/controls";
import { fixed, whole } from "../lib/units";
import type { PageProps } from "./table";

export function Samples({ page }: PageProps) {
  const runs = page.runs.filter((run) => run.samples.length + run.temperatures.length > 0);
  const [index, set] = useState(0);
  const run = runs[index];
  return (
    <>
      <p class="lead">
        Text the network makes up: each symbol is drawn from its own prediction and fed back as its next input. Control
        and other invisible characters are shown by their numbers.
      </p>
      {runs.length > 1 && (
        <form class="controls" onSubmit={(event) => event.preventDefault()}>
          <Choice label="network" value={String(index)} options={runs.map((each, at) => [String(at), each.name])}
            choose={(value) => set(Number(value))} />
        </form>
      )}
      {run.samples.length > 0 && <Along key={run.name} run={run} />}
      {run.temperatures.length > 0 && <Temperatures run={run} />}
    </>
  );
}

function Along({ run }: { run: Run }) {
  const [at, set] = useState(run.samples.length - 1);
  const sample = run.samples[at];
  const when = sample.epoch === null ? `step ${whole(sample.step)}` : `epoch ${fixed(sample.epoch, 2)} (step ${whole(sample.step)})`;
  return (
    <section>
      <h2>Along training</h2>
      <div class="slider">
        <label for="sample-step">after <strong>{when}</strong></label>
        <input id="sample-step" type="range" min={0} max={run.samples.length - 1} value={at} disabled={run.samples.length < 2}
          aria-valuetext={when} onInput={(event) => set(Number(event.currentTarget.value))} />
        <span class="quiet small">sample {at + 1} of {run.samples.length}, temperature {sample.temperature}</span>
      </div>
      <Written sample={sample} />
    </section>
  );
}

function Temperatures({ run }: { run: Run }) {
  return (
    <section>
      <h2>By temperature</h2>
      <p>
        A low temperature keeps to what is most likely, at the price of repeating itself; at 1 the network writes as it
        predicts; above 1 it takes risks.
      </p>
      <div class="cards">
        {run.temperatures.map((sample) => (
          <figure key={`${sample.temperature} ${sample.text.slice(0, 20)}`}>
            <figcaption>temperature <strong>{sample.temperature}</strong></figcaption>
            <Written sample={sample} />
          </figure>
        ))}
      </div>
    </section>
  );
}

const Written = ({ sample }: { sample: Sample }) => (
  <pre class="sample" tabIndex={0}>{sample.prime && <span class="prime" title="what it was given to continue">{sample.prime}</span>}{sample.text}</pre>
);
