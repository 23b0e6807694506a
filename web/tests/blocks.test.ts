// A long text in blocks: every position once, lines whole where they can be, bytes of a character together.
import { describe, expect, it } from "vitest";
import type { OpenPassage } from "../src/data/passage";
import { blockAt, blocksOf } from "../src/heat/blocks";

function passage(text: string, groups: [number, number][] = []): OpenPassage {
  const symbols = [..."a \n"].map((glyph) => ({ glyph, name: glyph, kind: glyph === "\n" ? "break" : glyph === " " ? "blank" : "plain", code: glyph.charCodeAt(0) }));
  const ids = Uint32Array.from(text, (letter) => "a \n".indexOf(letter));
  const groupAt = new Array(text.length).fill(null);
  for (const [start, length] of groups) groupAt.fill({ start, length, glyph: "\u0436", name: "zhe", kind: "plain" }, start, start + length);
  return { source: { symbols }, length: text.length, ids, groupAt } as unknown as OpenPassage;
}

describe("blocks", () => {
  const prose = `${"aaaa ".repeat(12)}\n`.repeat(400);
  it("hold every position once, in order, and end with a line", () => {
    const blocks = blocksOf(passage(prose));
    expect(blocks.length).toBeGreaterThan(20);
    expect(blocks[0].start).toBe(0);
    expect(blocks.at(-1)!.stop).toBe(prose.length);
    blocks.slice(1).forEach((block, index) => expect(block.start).toBe(blocks[index].stop));
    for (const block of blocks) expect(prose[block.stop - 1]).toBe("\n");
    expect(blocks.reduce((sum, block) => sum + block.rows, 0)).toBe(400);
  });
  it("cut a line without end at a blank, and one without blanks anywhere", () => {
    const endless = "aaaa ".repeat(2000);
    for (const block of blocksOf(passage(endless)).slice(0, -1)) expect(endless[block.stop - 1]).toBe(" ");
    for (const block of blocksOf(passage("a".repeat(9000)))) expect(block.stop - block.start).toBeLessThanOrEqual(1200);
  });
  it("keep the bytes of a character together", () => {
    const groups = Array.from({ length: 3000 }, (_, index): [number, number] => [3 * index, 3]);
    for (const { stop } of blocksOf(passage("a".repeat(9000), groups))) expect(stop % 3).toBe(0);
  });
  it("are found by position", () => {
    const blocks = blocksOf(passage(prose));
    for (const position of [0, 599, 600, 12345, prose.length - 1]) {
      const { start, stop } = blocks[blockAt(blocks, position)];
      expect(start <= position && position < stop).toBe(true);
    }
  });
});
