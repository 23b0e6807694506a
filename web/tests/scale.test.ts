import { expect, test } from "vitest";
import { powers } from "../src/chart/scale";

test("a logarithmic axis always has ticks that tell its scale", () => {
  expect(powers(-1, -0.2).map((tick) => 10 ** tick)).toEqual([0.1, 0.2, 0.5].map((value) => expect.closeTo(value)));
  expect(powers(-3, 2)).toEqual([-3, -2, -1, 0, 1, 2]);
  expect(powers(-12, 0)).toEqual([-12, -10, -8, -6, -4, -2, 0]);
});
