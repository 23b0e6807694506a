// The equations of one cell at one moment, every number above its name.
import { Fragment } from "preact";
import { fixed } from "../lib/units";
import { type Expression, INVERSES, type Scope, evaluate } from "./expression";
import type { Line } from "./moment";

const DECIMALS = 3;
const GREEK: Record<string, string> = { sigmoid: "σ" };

interface Props {
  lines: Line[];
  scope: Scope;
  cell: number;
  /** What the equations of this cell are called by. */
  meanings: Map<string, string>;
}

export function Equations({ lines, scope, cell, meanings }: Props) {
  return (
    <div class="scroll">
      <table class="equations">
        <thead><tr><th scope="col">equation, with numbers</th><th scope="col">gives</th><th scope="col">recorded</th></tr></thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.equation.target}>
              <th scope="row">
                <span class="target"><Name name={line.equation.target} /><span class="quiet small">{meanings.get(line.equation.target)}</span></span>
                <span class="formula"> = <Formula line={line} scope={scope} cell={cell} /></span>
              </th>
              <td>{line.computed === null ? "–" : fixed(line.computed, DECIMALS)}</td>
              <td>{line.recorded === null ? "–" : fixed(line.recorded, DECIMALS)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Formula({ line, scope, cell }: { line: Line; scope: Scope; cell: number }) {
  const { right } = line.equation;
  if (right.kind !== "apply" || right.inner.kind === "name") return <Numbers of={right} scope={scope} cell={cell} />;
  const back = INVERSES[right.name];
  if (line.inside === null) {
    // Without weights, what enters the function follows from what leaves it.
    const inside = back && line.recorded !== null ? back(line.recorded) : Number.NaN;
    return <Applied name={right.name}><Term number={Number.isFinite(inside) ? fixed(inside, 2) : "?"}><Names of={right.inner} /></Term></Applied>;
  }
  return (
    <>
      <Applied name={right.name}><Numbers of={right.inner} scope={scope} cell={cell} /></Applied>
      {" = "}<Applied name={right.name}><Term number={fixed(line.inside, 2)} /></Applied>
    </>
  );
}

const Applied = ({ name, children }: { name: string; children: preact.ComponentChildren }) => (
  <span class="applied">{GREEK[name] ?? name}(<span>{children}</span>)</span>
);

const Term = ({ number, children }: { number: string; children?: preact.ComponentChildren }) => (
  <span class="term"><span class="term-number">{number}</span>{children && <span class="term-name">{children}</span>}</span>
);

/** An expression with its numbers; a matrix product is one number. */
function Numbers({ of, scope, cell }: { of: Expression; scope: Scope; cell: number }) {
  const value = () => {
    const number = evaluate(of, cell, scope);
    return number === null ? "?" : fixed(number, 2);
  };
  switch (of.kind) {
    case "number":
      return <Term number={String(of.value)} />;
    case "name":
      return <Term number={value()}><Name name={of.name} /></Term>;
    case "apply":
      return <Applied name={of.name}><Numbers of={of.inner} scope={scope} cell={cell} /></Applied>;
    case "sum":
      return <>{of.terms.map(({ sign, of: term }, index) => (
        <Fragment key={index}>{index > 0 ? (sign > 0 ? " + " : " − ") : ""}<Numbers of={term} scope={scope} cell={cell} /></Fragment>
      ))}</>;
    case "product":
      if (of.matrix) return <Term number={value()}><Names of={of} /></Term>;
      return <><Bracketed of={of.left} scope={scope} cell={cell} /> · <Bracketed of={of.right} scope={scope} cell={cell} /></>;
  }
}

const Bracketed = ({ of, scope, cell }: { of: Expression; scope: Scope; cell: number }) =>
  of.kind === "sum" ? <>(<Numbers of={of} scope={scope} cell={cell} />)</> : <Numbers of={of} scope={scope} cell={cell} />;

/** An expression as it is written. */
export function Names({ of }: { of: Expression }) {
  switch (of.kind) {
    case "number":
      return <>{of.value}</>;
    case "name":
      return <Name name={of.name} />;
    case "apply":
      return <>{GREEK[of.name] ?? of.name}(<Names of={of.inner} />)</>;
    case "sum":
      return <>{of.terms.map(({ sign, of: term }, index) => (
        <Fragment key={index}>{index > 0 ? (sign > 0 ? " + " : " − ") : ""}<Names of={term} /></Fragment>
      ))}</>;
    case "product":
      return <>{[of.left, of.right].map((side, index) => (
        <Fragment key={index}>{index > 0 ? (of.matrix ? " " : " ⊙ ") : ""}{side.kind === "sum" || (side.kind === "product" && index > 0) ? <>(<Names of={side} />)</> : <Names of={side} />}</Fragment>
      ))}</>;
  }
}

export function Name({ name }: { name: string }) {
  const [letter, below] = name.replace("'", "′").split("_");
  return <i>{letter}{below && <sub>{below}</sub>}</i>;
}
