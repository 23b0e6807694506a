// Text heat map: the text coloured by one cell; arrow keys walk through cells and layers.
import { useMemo, useRef } from "preact/hooks";
import { useLayer, usePassage } from "../heat/loading";
import { Reader } from "../heat/reader";
import { readSelection, recordedRuns } from "../heat/selection";
import { route } from "../lib/route";
import type { PageProps } from "./table";

export function Heat(props: PageProps) {
  const without = props.page.runs.filter((run) => run.passages.length === 0);
  return (
    <>
      {without.map((run) => (
        <p key={run.name} class="quiet">
          {run.name} is not shown here: {run.description} keeps nothing from symbol to symbol, so no cell can be followed through the text.
        </p>
      ))}
      {recordedRuns(props.page).length > 0 && <Recorded {...props} />}
    </>
  );
}

function Recorded({ page, active }: PageProps) {
  // While another page is shown the address is not ours: keep what was chosen last.
  const params = useRef<Record<string, string>>({});
  if (active) params.current = route.value.params;
  const selection = useMemo(() => readSelection(page, params.current), [page, params.current]);
  const passage = usePassage(selection.passage);
  const shown = useLayer(selection.passage, selection.layer, selection.quantity);
  if (!passage || !shown) return <p class="quiet">Opening the recording…</p>;
  return <Reader page={page} active={active} selection={selection} passage={passage} layer={shown.layer} quantity={shown.quantity} />;
}
