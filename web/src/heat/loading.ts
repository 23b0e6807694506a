// Open passages and layers when they are first looked at, and keep showing the last layer until the next is ready.
import { useEffect, useState } from "preact/hooks";
import type { Anatomy, Packed, Passage, Quantity } from "../data/contract";
import { type OpenLayer, type OpenPassage, openLayer, openPassage } from "../data/passage";
import { type Numbers, unpack } from "../data/unpack";
import { type OpenStep, openStep } from "../step/moment";

export function usePassage(source: Passage): OpenPassage | null {
  const [held, hold] = useState<OpenPassage | null>(null);
  useLatest(() => openPassage(source), hold, [source]);
  return held?.source === source ? held : null;
}

/** When nothing has been asked for so long, the other quantities of a layer and the neighbouring layers are opened. */
const QUIET_MILLISECONDS = 120;

export interface Shown {
  source: Passage;
  quantity: Quantity;
  layer: OpenLayer;
}

/** One quantity of a layer as soon as it is open; then the others, which the card shows, and that of the layers beside. */
export function useLayer(source: Passage, layer: number, quantity: Quantity): Shown | null {
  const [held, hold] = useState<Shown | null>(null);
  useEffect(() => {
    let wanted = true;
    const show = (opened: OpenLayer): void => {
      if (wanted) hold({ source, quantity, layer: opened });
    };
    const open = async (): Promise<void> => {
      show(await openLayer(source, layer, [quantity]));
      await new Promise((resolve) => setTimeout(resolve, QUIET_MILLISECONDS));
      if (!wanted) return;
      show(await openLayer(source, layer, source.quantities));
      for (const beside of [layer + 1, layer - 1]) if (wanted && quantity.layers[beside]) await unpack(quantity.layers[beside]);
    };
    void open();
    return () => {
      wanted = false;
    };
  }, [source, layer, quantity]);
  return held?.source === source ? held : null;
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

export function useStep(source: Passage, anatomy: Anatomy, layer: number): OpenStep | null {
  const [held, hold] = useState<{ source: Passage; step: OpenStep } | null>(null);
  useLatest(async () => ({ source, step: await openStep(source, anatomy, layer) }), hold, [source, layer]);
  return held?.source === source && held.step.layer === layer ? held.step : null;
}

/** A packed array, once it is open; null before, and where there is none. */
export function useNumbers(packed: Packed | null): Numbers | null {
  const [held, hold] = useState<{ packed: Packed; numbers: Numbers } | null>(null);
  useLatest(async () => (packed ? { packed, numbers: await unpack(packed) } : null), hold, [packed]);
  return held && held.packed === packed ? held.numbers : null;
}
