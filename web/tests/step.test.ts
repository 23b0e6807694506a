import { describe, expect, it } from "vitest";
import { type Scope, evaluate, parse, parseEquation } from "../src/step/expression";
import { search } from "../src/lib/finder";

const scope: Scope = {
  value: (name, cell) => ({ "h'": [0.5, -0.5][cell], r: [0.2, 0.4][cell], b: 0.1, z: 0.25, unknown: null })[name] ?? null,
  row: (matrix, cell, _vector, element) => (matrix === "W" ? [[1, 2], [3, 4]][cell].reduce((sum, weight, index) => sum + weight * element(index)!, 0) : null),
};

describe("equations", () => {
  it("are read with their precedence", () => {
    expect(evaluate(parse("(1 - z) * h' + z * b"), 0, scope)).toBeCloseTo(0.75 * 0.5 + 0.25 * 0.1);
    expect(evaluate(parse("1 - z - z"), 0, scope)).toBeCloseTo(0.5);
    expect(parseEquation("c = z * h'").target).toBe("c");
  });
  it("multiply rows of a matrix by a vector, element by element", () => {
    expect(evaluate(parse("tanh(b + W @ (r * h'))"), 1, scope)).toBeCloseTo(Math.tanh(0.1 + 3 * 0.2 * 0.5 + 4 * 0.4 * -0.5));
    expect(evaluate(parse("sigmoid(W @ h')"), 0, scope)).toBeCloseTo(1 / (1 + Math.exp(0.5)));
  });
  it("are unknown where anything in them is", () => {
    expect(evaluate(parse("b + V @ h'"), 0, scope)).toBeNull();
    expect(evaluate(parse("z * unknown"), 0, scope)).toBeNull();
  });
  it("are refused when they are not whole", () => {
    for (const text of ["(b", "b +", "b b", "b)"]) expect(() => parse(text)).toThrow();
  });
});

describe("search", () => {
  const all = ["page Errors", "net cell 1:7", "net cell 2:17", "net cell 2:7"].map((words) => ({ words, address: words }));
  it("wants every word and puts the closest first", () => {
    expect(search(all, "cell 2:7").map((place) => place.words)).toEqual(["net cell 2:7"]);
    expect(search(all, "2:")[0].words).toBe("net cell 2:17");
    expect(search(all, "nothing")).toEqual([]);
    expect(search(all, "").length).toBe(4);
  });
});
