// A text cut into blocks of whole lines, so that a long one need not be in the document as a whole.
import { type OpenPassage, symbolAt } from "../data/passage";

export interface Block {
  start: number;
  /** One past its last position. */
  stop: number;
  /** About how many rows it takes on the screen. */
  rows: number;
}

/** A block ends with the line that makes it this long. */
const ENOUGH = 300;
/** A line that is longer is cut at the next blank, and at this multiple of it anywhere. */
const PATIENCE = 2;
/** Symbols in a row of the sheet on a wide screen. */
const ROW = 90;

export function blocksOf(passage: OpenPassage): Block[] {
  const blocks: Block[] = [];
  let [start, line, rows] = [0, 0, 0];
  for (let position = 0; position < passage.length; position++) {
    const group = passage.groupAt[position];
    const kind = group?.kind ?? symbolAt(passage, position).kind;
    const ends = group === null || position === group.start + group.length - 1;
    const size = position + 1 - start;
    const last = position + 1 === passage.length;
    if (kind === "break" && ends) {
      rows += Math.ceil((position + 1 - line) / ROW);
      line = position + 1;
    }
    const full = size >= ENOUGH && line === position + 1;
    const tooLong = size >= PATIENCE * ENOUGH && ends && (kind === "blank" || size >= 2 * PATIENCE * ENOUGH);
    if (!last && !full && !tooLong) continue;
    rows += Math.ceil((position + 1 - line) / ROW);
    blocks.push({ start, stop: position + 1, rows });
    [start, line, rows] = [position + 1, position + 1, 0];
  }
  return blocks;
}

/** Which block holds a position. */
export function blockAt(blocks: Block[], position: number): number {
  let [low, high] = [0, blocks.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (blocks[middle].start <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}
