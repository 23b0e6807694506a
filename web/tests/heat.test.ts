import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Packed, Page, Passage, Quantity, Run } from "../src/data/contract";
import { unpack } from "../src/data/unpack";
import { ink, paletteOf, scaleOf, shade, shadeTable } from "../src/heat/colour";
import { orderCells } from "../src/heat/ranking";
import { readSelection, step, writeSelection } from "../src/heat/selection";

const packed = (numbers: Int8Array | Int16Array, shape: number[], scale = 1): Packed => ({
  dtype: numbers instanceof Int8Array ? "int8" : "int16",
  shape,
  scale,
  data: gzipSync(new Uint8Array(numbers.buffer)).toString("base64"),
});

const quantity = (name: string, kind: Quantity["kind"], cells = 3, layers = 2): Quantity => ({
  name, kind, meaning: name, explained: "",
  layers: Array.from({ length: layers }, () => packed(new Int8Array(cells * 4), [cells, 4])),
  mean: [], low: [[-0.5, -2, 0], [-0.5, -2, 0]], high: [[1, 1, 0], [1, 1, 0]],
});

const passage = (name: string): Passage => ({
  name, where: "", unit: "characters", symbols: [], groups: [],
  ids: packed(new Int8Array(0), [0]), log_prob_nats: packed(new Int8Array(0), [0]),
  next_ids: packed(new Int8Array(0), [0, 0]), next_probs: packed(new Int8Array(0), [0, 0]),
  quantities: [quantity("h", "signed"), quantity("c", "cell"), quantity("f", "gate")], anatomy: null,
});

const run = (name: string): Run => ({ name, passages: [passage("one"), passage("two")] }) as unknown as Run;
const page = { runs: [{ passages: [] }, run("a"), run("b")] } as unknown as Page;
const press = (key: string, shiftKey = false) => ({ key, altKey: false, ctrlKey: false, metaKey: false, shiftKey });

describe("packed arrays", () => {
  it("come out as they went in, once", async () => {
    const source = packed(Int16Array.from([-32768, -1, 0, 1, 32767, 5]), [2, 3], 0.5);
    const opened = await unpack(source);
    expect([...opened.stored]).toEqual([-32768, -1, 0, 1, 32767, 5]);
    expect(opened.scale).toBe(0.5);
    expect(await unpack(source)).toBe(opened);
  });
  it("are refused when numbers are missing", async () => {
    await expect(unpack(packed(Int8Array.from([1, 2]), [3]))).rejects.toThrow("2 numbers, not 3");
  });
});

describe("colours", () => {
  const css = (kind: Quantity["kind"], value: number): string =>
    paletteOf(kind).css[shade(scaleOf(quantity("q", kind), "full", 0, 0).place(value))];
  it("are white at 0, blue above, red below", () => {
    expect(css("signed", 0)).toBe("rgb(255, 255, 255)");
    expect(css("signed", 1)).toBe("rgb(33, 102, 172)");
    expect(css("signed", -1)).toBe("rgb(178, 24, 43)");
  });
  it("show c through its tanh", () => {
    expect(css("cell", 0)).toBe("rgb(255, 255, 255)");
    expect(css("cell", 40)).toBe(css("signed", 1));
    expect(css("cell", 0.5)).toBe(css("signed", Math.tanh(0.5)));
  });
  it("of gates are of another hue and start at white", () => {
    expect(css("gate", 0)).toBe("rgb(255, 255, 255)");
    expect(css("gate", 1)).toBe("rgb(0, 109, 44)");
    expect(css("gate", 0.5)).not.toBe(css("signed", 0.5));
  });
  it("beyond the ends are those of the ends, and of nothing are neutral", () => {
    expect(css("signed", 7)).toBe(css("signed", 1));
    expect(css("gate", -1)).toBe(css("gate", 0));
    expect(shade(Number.NaN)).toBe(127);
  });
  it("of one cell keep 0 in the middle", () => {
    const scale = scaleOf(quantity("c", "cell"), "cell", 0, 1);
    expect([scale.place(-2), scale.place(0), scale.place(2)]).toEqual([0, 0.5, 1]);
    expect(scaleOf(quantity("c", "cell"), "cell", 0, 2).place(0)).toBe(0.5);
  });
  it("by look-up are the colours by arithmetic", () => {
    const scale = scaleOf(quantity("h", "signed"), "full", 0, 0);
    const table = shadeTable(scale, 1 / 127, -128, 127);
    for (const stored of [-127, -60, 0, 1, 127]) expect(table(stored)).toBe(shade(scale.place(stored / 127)));
  });
  it("carry ink of at least 4.5 to 1 on every shade", () => {
    const luminance = (rgb: number[]): number => {
      const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    for (const kind of ["signed", "gate"] as const) {
      for (const rgb of paletteOf(kind).rgb) {
        const [light, dark] = [luminance(rgb), ink(rgb) === "#fff" ? 1 : 0].sort((a, b) => b - a);
        expect((light + 0.05) / (dark + 0.05)).toBeGreaterThan(4.5);
      }
    }
  });
});

describe("order of cells", () => {
  const numbers = { stored: Int8Array.from([0, 0, 0, 0, 9, -9, 9, -9, -5, -5, 5, 5]), scale: 1, shape: [3, 4] };
  it("by number, variance and slowness", () => {
    expect(orderCells(numbers, "number")).toEqual([0, 1, 2]);
    expect(orderCells(numbers, "variance")).toEqual([1, 2, 0]);
    expect(orderCells(numbers, "slowness")).toEqual([2, 0, 1]);
  });
});

describe("selection", () => {
  it("survives the address", () => {
    const params = { run: "b", passage: "2", layer: "1", quantity: "f", cell: "3", order: "variance", scale: "cell", show: "expected" };
    expect(writeSelection(readSelection(page, params))).toEqual(params);
  });
  it("falls back to the nearest that exists", () => {
    const chosen = readSelection(page, { run: "nobody", layer: "99", quantity: "x", cell: "-4", passage: "NaN" });
    expect(chosen.run.name).toBe("a");
    expect([chosen.layer, chosen.cell, chosen.quantity.name, chosen.passage.name]).toEqual([1, 0, "h", "one"]);
  });
  it("starts with c of the highest layer", () => {
    const chosen = readSelection(page, {});
    expect([chosen.quantity.name, chosen.layer, chosen.cell, chosen.letters]).toEqual(["c", 1, 0, true]);
  });
});

describe("arrow keys", () => {
  const at = (layer: number, cell: number) => ({ ...readSelection(page, {}), layer, cell });
  it("walk along cells in the order shown, and along layers", () => {
    expect(step(press("ArrowRight"), at(0, 0), [0, 1, 2])).toEqual({ layer: 0, cell: 1 });
    expect(step(press("ArrowRight"), at(0, 0), [2, 0, 1])).toEqual({ layer: 0, cell: 1 });
    expect(step(press("ArrowLeft"), at(0, 0), [2, 0, 1])).toEqual({ layer: 0, cell: 2 });
    expect(step(press("ArrowUp"), at(0, 1), [0, 1, 2])).toEqual({ layer: 1, cell: 1 });
    expect(step(press("ArrowDown"), at(1, 1), [0, 1, 2])).toEqual({ layer: 0, cell: 1 });
  });
  it("stop at the ends and leave other keys alone", () => {
    expect(step(press("ArrowLeft"), at(0, 0), [0, 1, 2])).toBeNull();
    expect(step(press("ArrowRight"), at(0, 2), [0, 1, 2])).toBeNull();
    expect(step(press("ArrowUp"), at(1, 0), [0, 1, 2])).toBeNull();
    expect(step(press("ArrowDown"), at(0, 0), [0, 1, 2])).toBeNull();
    expect(step(press("a"), at(0, 0), [0, 1, 2])).toBeNull();
    expect(step(press("ArrowRight", true), at(0, 0), [0, 1, 2])).toBeNull();
  });
});
