// What remains wrong and who knows it: causes of errors, shared errors, symbols, closers by distance, likeness of models.
import { percent, whole } from "../../lib/units";
import type { PageProps } from "../table";
import { Agreement } from "./agreement";
import { Closers } from "./closers";
import { Dynamics } from "./dynamics";
import { Gains } from "./gain";
import { Causes } from "./onion";
import { Overlaps } from "./overlap";
import { Symbols } from "./symbols";

export function ErrorsPage({ page }: PageProps) {
  const errors = page.errors;
  if (!errors) return null;
  const [onion] = errors.onions;
  return (
    <>
      <p class="lead">
        A position of the test part is an error if its symbol got a probability below {errors.threshold}.{" "}
        {onion.network} makes {whole(onion.errors)} errors at {whole(errors.symbols)} positions ({percent(onion.errors / errors.symbols)}).
        Intervals are 95 %, from blocks of the text drawn again; what rests on fewer than 50 cases is marked and carries no conclusion.
      </p>
      <Causes errors={errors} />
      <Overlaps overlaps={errors.overlaps} all={errors.overlap_of_all} threshold={errors.threshold} />
      {errors.advantages && <Symbols found={errors.advantages} />}
      {errors.closers.length > 0 && <Closers closers={errors.closers} />}
      {errors.gain.length > 0 && <Gains gain={errors.gain} />}
      {errors.dynamics && <Dynamics found={errors.dynamics} />}
      {errors.agreement && <Agreement map={errors.agreement} />}
    </>
  );
}
