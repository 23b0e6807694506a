// Open passages and layers when they are first looked at, and keep showing the last layer until the next is ready.
import { useEffect, useState } from "preact/hooks";
import type { Passage } from "../data/contract";
import { type OpenLayer, type OpenPassage, openLayer, openPassage } from "../data/passage";

export function usePassage(source: Passage): OpenPassage | null {
  const [held, hold] = useState<OpenPassage | null>(null);
  useLatest(() => openPassage(source), hold, [source]);
  return held?.source === source ? held : null;
}

export function useLayer(source: Passage, layer: number): OpenLayer | null {
  const [held, hold] = useState<{ source: Passage; layer: OpenLayer } | null>(null);
  useLatest(async () => ({ source, layer: await openLayer(source, layer) }), hold, [source, layer]);
  return held?.source === source ? held.layer : null;
}

function useLatest<T>(open: () => Promise<T>, hold: (opened: T) => void, keys: unknown[]): void {
  useEffect(() => {
    let wanted = true;
    void open().then((opened) => {
      if (wanted) hold(opened);
    });
    return () => {
      wanted = false;
    };
  }, keys);
}
