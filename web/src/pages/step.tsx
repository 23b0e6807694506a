// One step: a symbol, a cell, and every number between what went in and what came out.
import { useMemo, useRef } from "preact/hooks";
import { Figure } from "../chart/figure";
import { type OpenPassage, expectations, symbolAt } from "../data/passage";
import { Choice } from "../heat/controls";
import { useNumbers, usePassage, useStep } from "../heat/loading";
import { useKeys, withModifier } from "../lib/keys";
import { formatRoute, go, route } from "../lib/route";
import { fixed, percent, whole } from "../lib/units";
import { Drawing } from "../step/drawings";
import { Equations } from "../step/equations";
import { type Scope, evaluate, parse } from "../step/expression";
import { type Line, type OpenStep, equationsOf, linesAt, recorded, scopeAt } from "../step/moment";
import type { Values } from "../step/parts";
import { Ribbon } from "../step/ribbon";
import { type Chosen, readChosen, stepKey, steppedRuns, writeChosen } from "../step/selection";
import { Unrolled, type Unrolling, unroll } from "../step/unrolled";
import type { PageProps } from "./table";

const COLUMNS = 16;

export function OneStep({ page, active }: PageProps) {
  const params = useRef<Record<string, string>>({});
  if (active) params.current = route.value.params;
  const chosen = useMemo(() => readChosen(page, params.current), [page, params.current]);
  const passage = usePassage(chosen.passage);
  const step = useStep(chosen.passage, chosen.anatomy, chosen.layer);
  const change = (part: Partial<Chosen>, burst = false): void => {
    const next = part.run ? readChosen(page, { run: part.run.name, at: String(chosen.position + 1) }) : { ...chosen, ...part };
    go({ page: "step", params: writeChosen(next) }, burst);
  };
  useKeys(active, (event) => {
    if (withModifier(event) || event.shiftKey) return;
    const part = stepKey(event.key, chosen);
    if (!part) return;
    change(part, true);
    event.preventDefault();
  });
  return (
    <>
      <p class="lead wide">
        One cell reads one symbol: every gate, every state, every equation with its numbers. <kbd>←</kbd> <kbd>→</kbd> step through the
        text, <kbd>↑</kbd> <kbd>↓</kbd> through layers, <kbd>,</kbd> <kbd>.</kbd> through cells.
      </p>
      <Controls runs={steppedRuns(page).map((run) => run.name)} chosen={chosen} change={change} page={page} />
      {passage && step ? <Moment chosen={chosen} passage={passage} step={step} change={change} /> : <p class="quiet">Opening the recording…</p>}
    </>
  );
}

interface ControlsProps {
  page: PageProps["page"];
  runs: string[];
  chosen: Chosen;
  change: (part: Partial<Chosen>, burst?: boolean) => void;
}

function Controls({ page, runs, chosen, change }: ControlsProps) {
  const length = chosen.passage.ids.shape[0];
  const press = (key: string) => {
    const part = stepKey(key, chosen);
    if (part) change(part, true);
  };
  const numbered = (label: string, shown: number, count: number, keys: [string, string], set: (index: number) => void) => (
    <div class="stepper" role="group" aria-label={label}>
      <label for={`step-${label}`}>{label}</label>
      <button type="button" aria-label={`previous ${label}`} disabled={stepKey(keys[0], chosen) === null} onClick={() => press(keys[0])}>{keys[0] === "ArrowLeft" ? "←" : "−"}</button>
      <input id={`step-${label}`} type="number" min={1} max={count} value={shown + 1} onChange={(event) => {
        const wanted = Math.round(Number(event.currentTarget.value));
        if (wanted >= 1 && wanted <= count) set(wanted - 1);
        else event.currentTarget.value = String(shown + 1);
      }} />
      <span class="quiet">of {whole(count)}</span>
      <button type="button" aria-label={`next ${label}`} disabled={stepKey(keys[1], chosen) === null} onClick={() => press(keys[1])}>{keys[1] === "ArrowRight" ? "→" : "+"}</button>
    </div>
  );
  return (
    <form class="controls" onSubmit={(event) => event.preventDefault()}>
      {runs.length > 1 && <Choice label="network" value={chosen.run.name} options={runs.map((name) => [name, name])}
        choose={(name) => change({ run: page.runs.find((run) => run.name === name) })} />}
      {numbered("symbol", chosen.position, length, ["ArrowLeft", "ArrowRight"], (position) => change({ position: Math.max(1, position) }))}
      <Choice label="layer" value={String(chosen.layer)} options={Array.from({ length: chosen.run.layers }, (_, index) => [String(index), `${index + 1} of ${chosen.run.layers}`])}
        choose={(layer) => change({ layer: Number(layer) })} />
      {numbered("cell", chosen.cell, chosen.run.hidden, [",", "."], (cell) => change({ cell }))}
    </form>
  );
}

interface MomentProps {
  chosen: Chosen;
  passage: OpenPassage;
  step: OpenStep;
  change: (part: Partial<Chosen>) => void;
}

function Moment({ chosen, passage, step, change }: MomentProps) {
  const { run, anatomy, layer, cell, position } = chosen;
  const equations = useMemo(() => equationsOf(anatomy), [anatomy]);
  const keep = useMemo(() => (anatomy.keep === null ? null : parse(anatomy.keep)), [anatomy]);
  const lines = linesAt(step, equations, cell, position);
  const scope = scopeAt(step, position);
  const symbol = symbolAt(passage, position);
  const memory = passage.source.quantities.find((each) => each.name === anatomy.states.at(-1))!;
  const gradient = useNumbers(anatomy.gradients.find((each) => each.state === memory.name)?.log10_norm ?? null);
  const unrolling = unroll(run.layers, position, COLUMNS, gradient, (at) => (keep === null ? null : evaluate(keep, cell, scopeAt(step, at))));
  const memoryAt = (at: number): number => recorded(step, memory.name, cell, at) ?? 0;
  const loss = position + 1 < passage.length ? -passage.logProbNats[position + 1] : null;
  const values = drawn(chosen, passage, lines, scope);
  const where = `${run.name}, layer ${layer + 1}, cell ${cell + 1}, reading ${symbol.name} at position ${position + 1}`;
  const name = `step-${run.name}-${layer + 1}-${cell + 1}-at-${position + 1}`;
  return (
    <>
      <Ribbon passage={passage} position={position} valueAt={memoryAt} kind={memory.kind} choose={(at) => change({ position: at })} />
      <p class="sr" aria-live="polite">{where}: {lines.map((line) => `${line.equation.target} = ${line.recorded === null ? "unknown" : fixed(line.recorded, 2)}`).join(", ")}</p>
      <Figure name={name} data={() => table(lines)} caption={<>
        {where}. Left to right: what comes in, what the gates make of it, what goes out. The thick line is the memory. Numbers on wires are
        the recorded values, coloured as in the text: gates white to green, states red over white to blue; the small numbers before
        boxes are their weighted sums. <a href={formatRoute({ page: "heat", params: { run: run.name, layer: String(layer + 1), cell: String(cell + 1) } })}>This cell over the whole passage</a>
      </>}>
        <div class="scroll"><Drawing cell={run.cell} values={values} label={`The cell drawn with its numbers: ${where}`} /></div>
      </Figure>
      <h3>The equations</h3>
      <Equations lines={lines} scope={scope} cell={cell} meanings={new Map(passage.source.quantities.map((each) => [each.name, each.meaning]))} />
      <Rounding chosen={chosen} lines={lines} />
      <h3>Unrolled</h3>
      <Figure name={`unrolled-${name}`} table data={() => unrolledTable(passage, unrolling, memoryAt)} caption={<UnrolledCaption chosen={chosen} memory={memory.name} known={gradient !== null} />}>
        <Unrolled run={run} passage={passage} unrolling={unrolling} layer={layer} state={memory.name} kind={memory.kind} valueAt={memoryAt} loss={loss}
          choose={(at) => change({ position: Math.max(1, at) })} />
      </Figure>
      {passage.ranks > 0 && (
        <>
          <h3>What it expects next</h3>
          <ol class="expectations wide" aria-label="most likely next symbols">
            {expectations(passage, position).map(({ symbol: guess, probability }, rank) => (
              <li key={rank} title={guess.name}>
                <span class={`guess ${guess.kind}`}>{guess.glyph}</span>
                <span class="rod"><span style={{ width: `${(probability * 100).toFixed(1)}%` }} /></span>
                <span class="number">{percent(probability)}</span>
                <span class="quiet small">{position + 1 < passage.length && passage.nextIds[position * passage.ranks + rank] === passage.ids[position + 1] ? "came" : ""}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}

/** What stands at the wires. */
function drawn({ anatomy, layer, cell, position, passage: source }: Chosen, passage: OpenPassage, lines: Line[], scope: Scope): Values {
  const inside = new Map(lines.map((line) => [`a_${line.equation.target}`, line.inside]));
  const kinds = new Map(source.quantities.map((each) => [each.name, each.kind]));
  const part = (text: string): number | null => evaluate(parse(text), cell, scope);
  const last = lines.at(-1)?.equation.right;
  return {
    of(name) {
      if (name.startsWith("a_")) return inside.get(name) ?? null;
      if (name === "from_h") return part("W_hh @ h' + b_hh");
      if (name === "from_x") return part("W_xh @ x + b_xh");
      return scope.value(name, cell);
    },
    kindOf: (name) => kinds.get(name.replace("'", "")) ?? "plain",
    input: layer === 0 ? `symbol ${symbolAt(passage, position).glyph}` : `h of layer ${layer}`,
    activation: last?.kind === "apply" ? last.name : anatomy.blocks[0],
  };
}

const table = (lines: Line[]) => ({
  header: ["quantity", "equation", "inside the function", "computed", "recorded"],
  rows: lines.map((line, index) => [line.equation.target, lines[index].equation.text, line.inside, line.computed, line.recorded]),
});

/** How far apart recorded values and those of the equations are, and why. */
function Rounding({ chosen, lines }: { chosen: Chosen; lines: Line[] }) {
  const { anatomy, passage, layer } = chosen;
  const far = lines.flatMap((line) => (line.computed === null || line.recorded === null ? [] : [Math.abs(line.computed - line.recorded)]));
  const steps = passage.quantities.map((each) => `${each.name} ${Number(each.layers[layer].scale.toPrecision(2))}`).join(", ");
  return (
    <p class="quiet small">
      The page stores recorded values in steps ({steps}), and computes from them; so the two columns agree within rounding, here within{" "}
      {far.length ? Math.max(...far).toFixed(4) : "–"}. {anatomy.weights.length > 0
        ? "Sums of weights are computed from the weights, with states of all cells."
        : `${anatomy.why ?? "The weights are not in this page."} What enters a function is therefore taken back from what leaves it, and is ? where the gate is shut or open to the last step.`}
    </p>
  );
}

function UnrolledCaption({ chosen, memory, known }: { chosen: Chosen; memory: string; known: boolean }) {
  const { layer, cell, anatomy } = chosen;
  return (
    <>
      A column for each symbol read, a row for each layer. Thin arrows: states, to the right and up. Boxes of layer {layer + 1}: {memory} of cell{" "}
      {cell + 1}. {anatomy.keep !== null && <>Above them, the share of the cell's memory that its gate lets live until the last column (the product of {anatomy.keep.replace("-", "\u2212")}). </>}
      {known
        ? <>Arrows to the left: the loss of the next symbol follows the same paths back; numbers are norms of d loss / d {memory} over all cells of the layer, thickness is their logarithm over four powers of ten.</>
        : <>Gradients are not in this page; <code>rnnscope report RUN</code> computes them where the network is at hand.</>}
    </>
  );
}

function unrolledTable(passage: OpenPassage, { positions, norms, kept }: Unrolling, valueAt: (position: number) => number) {
  const layers = norms.map((_, layer) => `gradient norm, layer ${layer + 1}`);
  return {
    header: ["position", "symbol", "memory of the cell", "share kept until the end", ...layers],
    rows: positions.map((at, index) => [at + 1, symbolAt(passage, at).name, valueAt(at), kept[index], ...norms.map((row) => row[index])]),
  };
}
