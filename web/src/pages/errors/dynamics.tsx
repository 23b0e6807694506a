// A network in training beside predictors with a known memory: whom it resembles, and when it passes them.
import { Keys, Plot, type PlotSeries } from "../../chart/plot";
import type { Dynamics as Found, Followed } from "../../data/contract";
import { csv, saveAs } from "../../lib/download";
import { fixed, whole } from "../../lib/units";

const SHOWN = 6;

export function Dynamics({ found }: { found: Found }) {
  const families = [...new Set(found.rivals.map((rival) => rival.family))];
  return (
    <section>
      <h2>{found.network} in training</h2>
      {families.map((family) => <Family key={family} family={family} epochs={found.epochs} rivals={found.rivals.filter((rival) => rival.family === family)} />)}
      <p class="quiet small">
        At {found.epochs.length} moments of training, over {whole(found.symbols)} symbols of the test part. Divergence: Kullback-Leibler in both directions,
        added; the lower, the more alike. Loss difference: above 0 the network predicts better. Rivals are trained already and do not change.
      </p>
      <button type="button" class="minor" onClick={() => saveAs("errors-training.csv", "text/csv", csv(["rival", "epoch", "symmetric_kl_nats", "ahead_nats"], found.rivals.flatMap((rival) => found.epochs.map((epoch, index) => [rival.name, epoch, rival.symmetric[index], rival.ahead[index]]))))}>Save as CSV</button>
    </section>
  );
}

function Family({ family, epochs, rivals }: { family: string; epochs: number[]; rivals: Followed[] }) {
  const shown = rivals.slice(0, SHOWN);
  const lines = (pick: (rival: Followed) => number[]): PlotSeries[] =>
    shown.map((rival, index) => ({ name: rival.name, index, points: pick(rival).map((y, at) => ({ x: epochs[at], y, title: "" })).slice(1) }));
  const closest = rivals.map((rival) => `${rival.name} at ${fixed(rival.closest, 2)}`).join(", ");
  const passed = rivals.map((rival) => `${rival.name} ${rival.overtaken === null ? "not yet" : `at ${fixed(rival.overtaken, 2)}`}`).join(", ");
  return (
    <figure class="finding">
      <h3>Beside {family}</h3>
      <Keys series={lines((rival) => rival.symmetric)} dots={false} />
      <div class="columns">
        <Plot series={lines((rival) => rival.symmetric)} dots={false} xLabel="epoch" yLabel="divergence, nats" format={(value) => fixed(value, 1)} label={`Divergence by epoch. Closest to ${closest}`} />
        <Plot series={lines((rival) => rival.ahead)} dots={false} xLabel="epoch" yLabel="loss difference, nats" format={(value) => fixed(value, 1)} label={`Loss difference by epoch. Passed ${passed}`} />
      </div>
      <figcaption>Closest, by epoch: {closest}. Passed in loss, by epoch: {passed}.{rivals.length > SHOWN && ` Drawn are the first ${SHOWN}.`}</figcaption>
    </figure>
  );
}
