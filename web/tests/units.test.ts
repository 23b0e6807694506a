import { describe, expect, it } from "vitest";
import { csv } from "../src/lib/download";
import { formatRoute, parseRoute } from "../src/lib/route";
import { bits, fixed, lossText, percent } from "../src/lib/units";
import { linear, ticks } from "../src/chart/scale";

describe("units", () => {
  it("gives a loss in nats and bits", () => {
    expect(bits(Math.LN2)).toBe(1);
    expect(lossText(1.227)).toBe("1.2270 nats = 1.7702 bits");
  });
  it("writes a true minus sign, but not for zero", () => {
    expect(fixed(-0.5, 2)).toBe("\u22120.50");
    expect(fixed(-0.001, 2)).toBe("0.00");
  });
  it("never rounds a possible thing to impossible", () => {
    expect(percent(0.00001)).toBe("<0.1 %");
    expect(percent(0)).toBe("0.0 %");
    expect(percent(0.5)).toBe("50 %");
  });
});

describe("route", () => {
  it("reads back what it writes, whatever a run is called", () => {
    for (const run of ["lstm-2x128", "a b&c=d/e#f?g%20", "Ж\u2192\"'<>", "\u27e8U+202E\u27e9"]) {
      const route = { page: "heat", params: { run, layer: "2", cell: "17" } };
      expect(parseRoute(formatRoute(route))).toEqual(route);
    }
  });
  it("takes any fragment without failing", () => {
    for (const hash of ["", "#", "#/", "#heat/", "#heat/%", "#heat/=&&=", "#%E0%A4%A"]) {
      expect(typeof parseRoute(hash).page).toBe("string");
    }
  });
});

describe("csv", () => {
  it("keeps texts from running as formulas", () => {
    for (const text of ["=1+1", " +1", "-x", "@a", "\t=x"]) {
      expect(csv(["t"], [[text]]).split("\n")[1]).toMatch(/^"?'/);
    }
  });
  it("quotes what needs quotes and leaves numbers alone", () => {
    expect(csv(["a", "b", "c"], [['say "hi", you', -1.5, null]])).toBe('a,b,c\n"say ""hi"", you",-1.5,\n');
    expect(csv(["a"], [[Number.NaN]])).toBe("a\n\n");
  });
});

describe("chart scales", () => {
  it("maps ends to ends and back", () => {
    const scale = linear([1, 3], [10, 110]);
    expect([scale(1), scale(2), scale(3)]).toEqual([10, 60, 110]);
    expect(scale.invert(60)).toBe(2);
  });
  it("gives round ticks inside the range", () => {
    expect(ticks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(ticks(1.234, 1.301, 5)).toEqual([1.24, 1.26, 1.28, 1.3]);
    expect(ticks(2, 2, 5)).toEqual([2]);
  });
});
