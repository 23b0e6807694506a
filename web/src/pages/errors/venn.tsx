// Three circles with exact counts: the picture of the paper's Figure 4. Circles do not grow with counts; the numbers say them.
import { colour } from "../../chart/plot";
import type { Overlap } from "../../data/contract";
import { percent, whole } from "../../lib/units";

const CENTRES = [[150, 125], [250, 125], [200, 208]];
const RADIUS = 92;
const PLACES: Record<string, [number, number]> = {
  "0": [108, 100], "1": [292, 100], "2": [200, 262], "0,1": [200, 82], "0,2": [145, 180], "1,2": [255, 180], "0,1,2": [200, 146],
};
const NAMES: [number, number, "start" | "middle" | "end"][] = [[110, 24, "middle"], [290, 24, "middle"], [200, 318, "middle"]];

export function Venn({ overlap }: { overlap: Overlap }) {
  if (overlap.names.length !== 3) return null;
  const key = (predictors: string[]): string => predictors.map((name) => overlap.names.indexOf(name)).sort().join(",");
  const found = new Map(overlap.regions.map((region) => [key(region.predictors), region]));
  const told = overlap.regions.map((region) => `${region.predictors.join(" and ") || "nobody"}: ${whole(region.errors)}`).join("; ");
  return (
    <svg class="venn plot" viewBox="0 0 400 352" role="img" aria-label={`Who errs where. ${told}`}>
      {CENTRES.map(([x, y], index) => <circle key={index} cx={x} cy={y} r={RADIUS} style={{ color: colour(index) }} />)}
      {NAMES.map(([x, y, anchor], index) => (
        <text key={index} class="point-name" x={x} y={y} text-anchor={anchor}>{overlap.names[index]}</text>
      ))}
      {Object.entries(PLACES).map(([region, [x, y]]) => (
        <text key={region} class="venn-share" x={x} y={y} text-anchor="middle">
          {percent(found.get(region)?.share ?? 0)}<tspan class="tick" x={x} dy="1.2em">{whole(found.get(region)?.errors ?? 0)}</tspan>
        </text>
      ))}
      <text class="tick" x="200" y="344" text-anchor="middle">nobody errs: {percent(found.get("")?.share ?? 0)} ({whole(found.get("")?.errors ?? 0)})</text>
    </svg>
  );
}
