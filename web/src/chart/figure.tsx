// A figure: a drawing, how to read it, and all of it to take away, as numbers and as a picture.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { csv, saveAs } from "../lib/download";
import { savePng, saveSvg } from "../lib/picture";

export interface Table {
  header: string[];
  rows: (string | number | null)[][];
}

interface Props {
  /** Of the saved files. */
  name: string;
  /** How to read it. */
  caption: ComponentChildren;
  /** The numbers behind it; made when somebody asks for them. */
  data?: () => Table;
  /** Whether the numbers can be read on the page too. */
  table?: boolean;
  children: ComponentChildren;
}

/** The first drawing among the children is what is saved as a picture. */
export function Figure({ name, caption, data, table = false, children }: Props) {
  const frame = useRef<HTMLElement>(null);
  const drawing = (): SVGSVGElement | null => frame.current?.querySelector<SVGSVGElement>("svg[role=img]") ?? null;
  const file = name.replaceAll(/[^\w.-]+/g, "-");
  return (
    <figure class="finding" ref={frame}>
      {children}
      <figcaption>{caption}</figcaption>
      <div class="take" role="group" aria-label={`take away: ${name}`}>
        {data && <button type="button" class="minor" onClick={() => saveAs(`${file}.csv`, "text/csv", csvOf(data()))}>CSV</button>}
        {data && <button type="button" class="minor" onClick={() => saveAs(`${file}.json`, "application/json", JSON.stringify(objects(data())))}>JSON</button>}
        <button type="button" class="minor" onClick={() => {
          const found = drawing();
          if (found) saveSvg(file, found);
        }}>SVG</button>
        <button type="button" class="minor" onClick={() => {
          const found = drawing();
          if (found) void savePng(file, found);
        }}>PNG</button>
      </div>
      {data && table && <Numbers {...data()} />}
    </figure>
  );
}

const csvOf = ({ header, rows }: Table): string => csv(header, rows);

const objects = ({ header, rows }: Table): Record<string, string | number | null>[] =>
  rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index]])));

function Numbers({ header, rows }: Table) {
  return (
    <details>
      <summary>The same as a table</summary>
      <div class="scroll tall">
        <table>
          <thead><tr>{header.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
          <tbody>
            {rows.map((row, index) => <tr key={index}>{row.map((value, column) => <td key={header[column]}>{typeof value === "number" ? Number(value.toPrecision(4)) : value}</td>)}</tr>)}
          </tbody>
        </table>
      </div>
    </details>
  );
}
