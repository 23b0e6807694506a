// The six cells, drawn: what comes in on the left, the memory as the thick line along the top, what goes out on the right.
// Boxes with weights are filled, functions alone are not; circles work element by element.
import { useId } from "preact/hooks";
import { Arrow, ArrowHead, Box, Chip, Dot, Note, Operator, Port, Sum, type Values, Wire, times } from "./parts";

interface Props {
  cell: string;
  values: Values;
  label: string;
}

export function Drawing({ cell, values, label }: Props) {
  const id = `head${useId().replaceAll(/\W/g, "")}`;
  const lstm = cell.startsWith("lstm");
  const height = lstm ? 450 : cell === "rnn" ? 300 : 430;
  return (
    <svg class="drawing" viewBox={`0 0 880 ${height}`} role="img" aria-label={label}>
      <ArrowHead id={id} />
      <Arrow.Provider value={id}>
        {lstm ? <Lstm values={values} coupled={cell === "lstm-coupled"} peepholes={cell === "lstm-peephole"} />
          : cell === "rnn" ? <Rnn values={values} /> : <Gru values={values} after={cell === "gru-torch"} />}
      </Arrow.Provider>
    </svg>
  );
}

const TRACK = 70;

/** A gate with its weighted sum on the left and its value on the right. */
function Gate({ values, name, y, text }: { values: Values; name: string; y: number; text: string }) {
  return (
    <>
      <Wire d={`M182,${y}H246`} />
      <Sum x={212} y={y - 7} value={values.of(`a_${name}`)} />
      <Box x={284} y={y} text={text} />
      <Wire d={`M321,${y}H345`} end={false} />
    </>
  );
}

const Value = ({ values, name, x, y }: { values: Values; name: string; x: number; y: number }) => (
  <Chip x={x} y={y} name={name.replace("'", "′")} value={values.of(name)} kind={values.kindOf(name)} />
);

function Inputs({ values, top, bottom, x, h }: { values: Values; top: number; bottom: number; x: number; h: number }) {
  return (
    <>
      <rect class="bus" x={162} y={top} width={20} height={bottom - top} rx={6} />
      <Wire d={`M104,${x}H160`} /><Port x={62} y={x} name="x" note={values.input} />
      <Wire d={`M104,${h}H160`} /><Port x={62} y={h} name="h′" note="all cells, before" />
    </>
  );
}

function Lstm({ values, coupled, peepholes }: { values: Values; coupled: boolean; peepholes: boolean }) {
  const { of } = values;
  const [i, f, g] = [of("i"), of("f"), of("g")];
  const written = times(coupled ? (f === null ? null : 1 - f) : i, g);
  const c = of("c");
  return (
    <>
      <Inputs values={values} top={140} bottom={420} x={230} h={330} />
      <Wire look="memory" d={`M112,${TRACK}H412`} /><Wire look="memory" d={`M446,${TRACK}H542`} /><Wire look="memory" d={`M576,${TRACK}H770`} />
      <Value values={values} name="c'" x={64} y={TRACK} />
      <Note x={64} y={TRACK - 22}>memory before</Note>
      <Gate values={values} name="f" y={165} text="σ forget" />
      {!coupled && <Gate values={values} name="i" y={235} text="σ input" />}
      <Gate values={values} name="g" y={305} text="tanh" />
      <Gate values={values} name="o" y={390} text="σ output" />
      <Wire d={`M330,165H430V${TRACK + 17}`} />
      {coupled ? (
        <><Dot x={405} y={165} /><Wire d="M405,165V218" /><Wire d="M422,235H490V256" /><Operator x={405} y={235} sign="1−" /></>
      ) : <Wire d="M330,235H490V256" />}
      <Wire d="M330,305H490V290" /><Wire d={`M507,273H560V${TRACK + 17}`} />
      <Value values={values} name="f" x={366} y={165} />
      {!coupled && <Value values={values} name="i" x={366} y={235} />}
      <Value values={values} name="g" x={366} y={305} />
      <Chip x={566} y={190} name={coupled ? "(1−f)·g" : "i·g"} value={written} kind="plain" />
      <Chip x={494} y={TRACK - 30} name="f·c′" value={times(f, of("c'"))} kind="plain" />
      <Operator x={430} y={TRACK} sign="×" /><Operator x={560} y={TRACK} sign="+" /><Operator x={490} y={273} sign="×" />
      <Note x={414} y={TRACK - 14} anchor="end">keep</Note><Note x={578} y={TRACK - 14} anchor="start">write</Note>
      <Dot x={690} y={TRACK} /><Wire d={`M690,${TRACK}V180`} /><Box x={690} y={200} text="tanh" plain /><Wire d="M690,219V373" />
      <Chip x={690} y={270} name="tanh c" value={c === null ? null : Math.tanh(c)} kind="signed" />
      <Wire d="M330,390H673" /><Value values={values} name="o" x={366} y={390} />
      <Operator x={690} y={390} sign="×" /><Note x={690} y={427}>show</Note>
      <Wire d="M707,390H770" />
      <Value values={values} name="c" x={820} y={TRACK} /><Value values={values} name="h" x={820} y={390} />
      <Note x={820} y={TRACK - 22}>memory after</Note><Note x={820} y={366}>output</Note>
      {peepholes && (
        <>
          <Dot x={232} y={TRACK} /><Wire look="peephole" d={`M232,${TRACK}V156H246`} /><Wire look="peephole" d={`M232,150V226H246`} />
          <Dot x={630} y={TRACK} /><Wire look="peephole" d={`M630,${TRACK}V440H284V410`} />
        </>
      )}
    </>
  );
}

function Gru({ values, after }: { values: Values; after: boolean }) {
  const { of } = values;
  const z = of("z");
  const rest = z === null ? null : 1 - z;
  const [keep, write] = after ? [z, rest] : [rest, z];
  return (
    <>
      <rect class="bus" x={162} y={140} width={20} height={150} rx={6} />
      <Value values={values} name="h'" x={64} y={TRACK} /><Note x={64} y={TRACK - 22}>state before</Note>
      <Wire look="memory" d={`M112,${TRACK}H453`} /><Wire look="memory" d={`M487,${TRACK}H583`} /><Wire look="memory" d={`M617,${TRACK}H770`} />
      <Dot x={124} y={TRACK} /><Dot x={124} y={230} /><Wire d={`M124,${TRACK}V230H160`} />
      <Wire d={after ? "M124,230V340H246" : "M124,230V340H382"} />
      <Note x={131} y={330} anchor="start">{after ? "" : "all cells"}</Note>
      <Port x={62} y={395} name="x" note={values.input} />
      <Wire d="M104,395H510V360" /><Dot x={172} y={395} /><Wire d="M172,395V292" />
      <Gate values={values} name="z" y={175} text="σ update" /><Gate values={values} name="r" y={255} text="σ reset" />
      <Wire d="M330,175H583" /><Dot x={470} y={175} />
      {after ? <Wire d={`M470,175V${TRACK + 17}`} /> : <><Wire d="M470,175V139" /><Wire d={`M470,107V${TRACK + 17}`} /><Operator x={470} y={123} sign="1−" /></>}
      {after && <Operator x={535} y={175} sign="1−" />}
      <Wire d="M330,255H400V323" />
      {after && <><Box x={284} y={340} text="W h′ + b" /><Wire d="M321,340H382" /></>}
      <Wire d="M417,340H472" /><Operator x={400} y={340} sign="×" />
      <Box x={510} y={340} text="tanh" /><Sum x={510} y={313} value={of("a_n")} />
      <Wire d="M547,340H600V192" /><Wire d={`M600,158V${TRACK + 17}`} />
      <Operator x={470} y={TRACK} sign="×" /><Operator x={600} y={TRACK} sign="+" /><Operator x={600} y={175} sign="×" />
      <Note x={454} y={TRACK - 14} anchor="end">keep</Note><Note x={618} y={TRACK - 14} anchor="start">write</Note>
      <Value values={values} name="z" x={370} y={175} /><Value values={values} name="r" x={366} y={255} />
      <Value values={values} name="n" x={600} y={270} />
      <Chip x={665} y={123} name={after ? "(1−z)·n" : "z·n"} value={times(write, of("n"))} kind="plain" />
      <Chip x={535} y={TRACK - 30} name={after ? "z·h′" : "(1−z)·h′"} value={times(keep, of("h'"))} kind="plain" />
      <Value values={values} name="h" x={820} y={TRACK} /><Note x={820} y={TRACK - 22}>state after = output</Note>
    </>
  );
}

function Rnn({ values }: { values: Values }) {
  const { of } = values;
  return (
    <>
      <Port x={62} y={85} name="h′" note="all cells, before" /><Port x={62} y={225} name="x" note={values.input} />
      <Wire d="M104,85H236" /><Wire d="M104,225H236" />
      <Box x={284} y={85} text="W h′ + b" /><Box x={284} y={225} text="W x + b" />
      <Wire d="M321,85H450V138" /><Wire d="M321,225H450V172" />
      <Chip x={385} y={85} name="past" value={of("from_h")} kind="plain" /><Chip x={385} y={225} name="input" value={of("from_x")} kind="plain" />
      <Operator x={450} y={155} sign="+" /><Wire d="M467,155H553" /><Sum x={508} y={147} value={of("a_h")} />
      <Box x={592} y={155} text={values.activation} plain /><Wire d="M629,155H770" />
      <Value values={values} name="h" x={820} y={155} /><Note x={820} y={128}>state after = output</Note>
      <Wire look="peephole" d="M820,170V285H20V85H36" /><Note x={430} y={280}>the next step reads it as h′</Note>
    </>
  );
}
