// The map of models: near each other are those that hold the same symbols to be most likely.
import { useRef } from "preact/hooks";
import { colour, shape } from "../../chart/plot";
import { linear } from "../../chart/scale";
import type { AgreementMap } from "../../data/contract";
import { csv, saveAs } from "../../lib/download";
import { fixed, percent, whole } from "../../lib/units";
import { useWidth } from "../../lib/width";

const HEIGHT = 400;
const EDGE = 26;

/** Area in step with the logarithm of the parameters: 1 at 10,000, twice the width at ten million. */
const size = (parameters: number | null): number => (parameters === null ? 1 : Math.min(2.2, Math.max(0.8, 1 + (Math.log10(parameters) - 4) / 3)));

export function Agreement({ map }: { map: AgreementMap }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const kinds = [...new Set(map.points.map((point) => point.kind))];
  const ends = (pick: "x" | "y"): [number, number] => {
    const values = map.points.map((point) => point[pick]);
    return [Math.min(...values), Math.max(...values)];
  };
  const [x, y] = [linear(ends("x"), [EDGE, width - EDGE]), linear(ends("y"), [HEIGHT - EDGE, EDGE])];
  return (
    <section>
      <h2>Models that predict alike</h2>
      <figure class="finding">
        <ul class="keys">
          {kinds.map((kind, index) => (
            <li key={kind}><svg class="plot" width="16" height="14" viewBox="-8 -7 16 14" aria-hidden="true" style={{ color: colour(index) }}><path class="dot" d={shape(1)} /></svg>{kind}</li>
          ))}
          {[...new Set(map.points.map((point) => point.layers))].filter((layers) => layers !== null).sort().map((layers) => (
            <li key={`layers ${layers}`}><svg class="plot" width="16" height="14" viewBox="-8 -7 16 14" aria-hidden="true"><path class="dot" d={shape(layers % 6)} /></svg>{layers} {layers === 1 ? "layer" : "layers"}</li>
          ))}
        </ul>
        <div class="chart plot" ref={frame}>
          <svg class="map" width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`Map of ${map.points.length} models: ${map.points.map((point) => `${point.name} (${point.kind})`).join(", ")}`}>
            {map.points.map((point) => {
              const index = kinds.indexOf(point.kind);
              const left = x(point.x) > width * 0.75;
              return (
                <g key={point.name} transform={`translate(${x(point.x)} ${y(point.y)})`} style={{ color: colour(index) }}>
                  <title>{point.name}{point.layers !== null && `: ${point.layers} ${point.layers === 1 ? "layer" : "layers"}, ${whole(point.parameters ?? 0)} parameters`}</title>
                  <path class="dot" d={shape((point.layers ?? 0) % 6)} transform={`scale(${size(point.parameters)})`} />
                  <text class="point-name" x={left ? -10 : 10} dy="0.32em" text-anchor={left ? "end" : "start"}>{point.name}</text>
                </g>
              );
            })}
          </svg>
        </div>
        <figcaption>
          Colour says the cell, the shape how many layers, the size how many parameters (n-grams: round, one size). Near each other are models that hold the same symbol to be the most likely one at many positions. t-SNE with
          perplexity {fixed(map.perplexity, 1)}, the best of {map.maps} maps: only who is near whom means anything, not the directions, the
          distances between groups, or how large they are. A picture proves nothing, so it is tested below.
        </figcaption>
      </figure>
      {map.tests.length > 0 && (
        <ul>
          {map.tests.map((test) => (
            <li key={test.kind}>
              {test.kind}: two of them agree at {percent(test.within)} of positions, one of them and another model at {percent(test.between)}.{" "}
              {test.p_value === null ? "There are too few models for a test." : `If kinds were dealt at random, a difference this large would come with a chance of ${test.p_value < 0.001 ? "less than 0.001" : fixed(test.p_value, 3)}: ${test.p_value < 0.05 ? "they stand together" : "that they stand together is not shown"}.`}
            </li>
          ))}
        </ul>
      )}
      <button type="button" class="minor" onClick={() => saveAs("errors-map.csv", "text/csv", csv(["model", "kind", "x", "y"], map.points.map((point) => [point.name, point.kind, point.x, point.y])))}>Save as CSV</button>
    </section>
  );
}
