// Memory told from smoothing: the same network with all but its last symbols replaced stands between it and the n-gram.
import type { Gain } from "../../data/contract";
import { csv, saveAs } from "../../lib/download";
import { fixed, whole } from "../../lib/units";

const signed = (value: number): string => (value > 0 ? `+${fixed(value, 3)}` : fixed(value, 3));

export function Gains({ gain }: { gain: Gain[] }) {
  return (
    <section>
      <h2>Memory and smoothing</h2>
      <div class="scroll">
        <table class="contexts">
          <thead><tr><th scope="col">losses at</th><th scope="col">memory, nats</th><th scope="col">smoothing, nats</th><th scope="col">cases</th></tr></thead>
          <tbody>
            {gain.map((row) => (
              <tr key={row.event}>
                <th scope="row">{row.event}</th>
                {([[row.memory, row.memory_interval], [row.smoothing, row.smoothing_interval]] as const).map(([value, interval], index) => (
                  <td key={index}>{signed(value)}{interval && <span class="quiet small"> ({interval.map(signed).join(" to ")})</span>}</td>
                ))}
                <td>{whole(row.cases)}{!row.enough && " †"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet small">
        The network was read again with all but its last symbols replaced by another place of the text. Memory: what it loses by
        that. Smoothing: what it then still gains over the longest n-gram. A wrong past also misleads, so memory is an upper
        bound and smoothing a lower one. † fewer than 50 cases.
      </p>
      <button type="button" class="minor" onClick={() => saveAs("errors-gain.csv", "text/csv", csv(["event", "cases", "memory_nats", "low", "high", "smoothing_nats", "low", "high"], gain.map((row) => [row.event, row.cases, row.memory, row.memory_interval?.[0] ?? null, row.memory_interval?.[1] ?? null, row.smoothing, row.smoothing_interval?.[0] ?? null, row.smoothing_interval?.[1] ?? null])))}>Save as CSV</button>
    </section>
  );
}
