// The text itself, one box per symbol, built as plain elements and recoloured in place: moving to another cell touches
// two style properties per box and nothing else. A long text is cut into blocks of lines of which only those near the
// window are in the document; the others are empty boxes of about their height.
import type { Symbol } from "../data/contract";
import { type OpenPassage, expectations, symbolAt } from "../data/passage";
import { type Block, blocksOf, blockAt } from "./blocks";
import type { Palette } from "./colour";

/** Words longer than this may break, so that a line of base64 cannot push the page apart. */
const WORD_LIMIT = 40;
/** Texts up to this length are in the document as a whole: searched by the browser, copied, printed. */
export const WHOLE = 6_000;
/** How far from the window blocks are made ready, so that scrolling does not meet empty ones. */
const MARGIN = "400px 0px";

interface Paint {
  steps: ArrayLike<number>;
  shadeOf: (stored: number) => number;
  palette: Palette;
}

export class Sheet {
  private readonly blocks: Block[];
  private readonly holders: HTMLElement[];
  /** Boxes of the blocks that are in the document, by position. */
  private readonly boxes: HTMLElement[] = [];
  private readonly built = new Set<number>();
  /** The shade every box has now. */
  private readonly shades: Int16Array;
  private readonly observer: IntersectionObserver | null = null;
  private painted: Paint | null = null;
  private surprise = false;
  private expected = false;
  private markedAt: number | null = null;
  private marked: HTMLElement | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly passage: OpenPassage,
  ) {
    this.shades = new Int16Array(passage.length).fill(-1);
    this.blocks = blocksOf(passage);
    this.holders = this.blocks.map(() => element("div", "block"));
    const all = document.createDocumentFragment();
    all.append(...this.holders);
    root.replaceChildren(all);
    if (passage.length <= WHOLE) {
      this.blocks.forEach((_, index) => this.build(index));
      return;
    }
    this.holders.forEach((holder, index) => {
      holder.dataset.block = String(index);
      holder.style.height = `${this.blocks[index].rows * 1.6}em`;
    });
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting, boundingClientRect } of entries) {
        const index = Number((target as HTMLElement).dataset.block);
        if (isIntersecting) this.build(index);
        else if (boundingClientRect.height > 0) this.clear(index, boundingClientRect.height);
      }
    }, { rootMargin: MARGIN });
    for (const holder of this.holders) this.observer.observe(holder);
  }

  /** Stop watching; for a sheet that makes room for another. */
  close(): void {
    this.observer?.disconnect();
  }

  /** Colour every box. */
  paint(steps: ArrayLike<number>, shadeOf: (stored: number) => number, palette: Palette): void {
    if (palette !== this.painted?.palette) this.shades.fill(-1);
    this.painted = { steps, shadeOf, palette };
    for (const index of this.built) this.colour(this.blocks[index]);
  }

  /** Underline what surprised the network: the thicker, the less likely the symbol was (up to 8 bits and more). */
  markSurprise(on: boolean): void {
    if (on === this.surprise) return;
    this.surprise = on;
    for (const index of this.built) this.underline(this.blocks[index]);
  }

  /** Put the most likely next symbols under every symbol: first where one looks, then a block at a time. */
  showExpected(on: boolean): void {
    this.root.classList.toggle("expected", on);
    this.expected = on;
    if (on) this.fillNext();
  }

  private fillNext(): void {
    const left = [...this.built].filter((index) => !this.holders[index].dataset.filled).sort((one, other) => one - other);
    if (!this.expected || left.length === 0) return;
    this.fill(left.find((index) => this.holders[index].getBoundingClientRect().bottom > 0) ?? left[0]);
    this.fillLater();
  }

  /** After the next frame, so that what is there already is seen first. */
  private fillLater(): void {
    requestAnimationFrame(() => setTimeout(() => this.fillNext()));
  }

  showLetters(on: boolean): void {
    this.root.classList.toggle("bare", !on);
  }

  /** Outline one position, and none when given null. */
  mark(position: number | null): void {
    this.marked?.classList.remove("marked");
    this.markedAt = position;
    this.marked = position === null ? null : this.boxes[position] ?? null;
    this.marked?.classList.add("marked");
  }

  /** Bring a position into the window. */
  reveal(position: number): void {
    this.build(blockAt(this.blocks, position));
    this.boxes[position]?.scrollIntoView({ block: "center" });
  }

  private build(index: number): void {
    if (this.built.has(index)) return;
    this.built.add(index);
    const holder = this.holders[index];
    holder.replaceChildren(this.lines(this.blocks[index]));
    holder.style.height = "";
    this.colour(this.blocks[index]);
    if (this.surprise) this.underline(this.blocks[index]);
    if (this.expected) this.fillLater();
    if (this.markedAt !== null && this.boxes[this.markedAt] !== this.marked) this.mark(this.markedAt);
  }

  private clear(index: number, height: number): void {
    if (!this.built.delete(index)) return;
    const { start, stop } = this.blocks[index];
    for (let position = start; position < stop; position++) delete this.boxes[position];
    this.shades.fill(-1, start, stop);
    const holder = this.holders[index];
    holder.style.height = `${height}px`;
    delete holder.dataset.filled;
    holder.replaceChildren();
  }

  private lines({ start, stop }: Block): DocumentFragment {
    const all = document.createDocumentFragment();
    let line = all.appendChild(element("div", "line"));
    let word: HTMLElement | null = null;
    for (let position = start; position < stop; position++) {
      const symbol = symbolAt(this.passage, position);
      const group = this.passage.groupAt[position];
      const inside = group !== null && position > group.start;
      const kind = group?.kind ?? symbol.kind;
      const loose = kind === "break" || kind === "blank";
      if (!inside && (loose || word === null || word.childElementCount >= WORD_LIMIT)) {
        word = element("span", "word");
        line.append(word);
      }
      word?.append(this.box(position, symbol));
      if (loose && !inside) word = null;
      if (kind === "break" && position + 1 < stop) line = all.appendChild(element("div", "line"));
    }
    return all;
  }

  private colour({ start, stop }: Block): void {
    if (!this.painted) return;
    const { steps, shadeOf, palette: { css, ink } } = this.painted;
    for (let position = start; position < stop; position++) {
      const index = shadeOf(steps[position]);
      if (index === this.shades[position]) continue;
      this.shades[position] = index;
      const style = this.boxes[position].style;
      style.backgroundColor = css[index];
      style.color = ink[index];
    }
  }

  private underline({ start, stop }: Block): void {
    for (let position = start; position < stop; position++) {
      const bits = this.surprise ? -this.passage.logProbNats[position] / Math.LN2 : 0;
      const height = bits > 1 ? Math.min(4, bits / 2) : 0;
      this.boxes[position].style.boxShadow = height > 0 ? `inset 0 -${height.toFixed(1)}px 0 #111` : "";
    }
  }

  private fill(index: number): void {
    const holder = this.holders[index];
    if (holder.dataset.filled) return;
    holder.dataset.filled = "yes";
    const { start, stop } = this.blocks[index];
    for (let position = start; position < stop; position++) {
      const next = position + 1 < this.passage.length ? this.passage.ids[position + 1] : -1;
      const column = element("span", "guesses");
      column.setAttribute("aria-hidden", "true");
      expectations(this.passage, position).forEach(({ symbol, probability }, rank) => {
        const guess = element("span", `guess ${symbol.kind}`, symbol.glyph);
        const strength = Math.round(probability * 100);
        guess.style.backgroundColor = `color-mix(in srgb, var(--guess) ${strength}%, transparent)`;
        if (strength > 55) guess.style.color = "var(--guess-ink)";
        if (this.passage.nextIds[position * this.passage.ranks + rank] === next) guess.classList.add("came");
        column.append(guess);
      });
      this.boxes[position].parentElement?.append(column);
    }
  }

  private box(position: number, symbol: Symbol): HTMLElement {
    const group = this.passage.groupAt[position];
    const unit = element("span", "unit");
    let box: HTMLElement;
    if (group) {
      // The first byte's box carries the character, the others are narrow: the text stays readable, and every byte
      // keeps a colour of its own.
      const first = position === group.start;
      const last = position === group.start + group.length - 1;
      box = element("span", `s ${group.kind} ${first ? "head" : "tail"}${last ? " last" : ""}`, first ? group.glyph : "");
    } else {
      box = element("span", `s ${symbol.kind}`, symbol.glyph);
    }
    box.dataset.at = String(position);
    unit.append(box);
    this.boxes[position] = box;
    return unit;
  }
}

/** The position a pointer is over, or null. */
export function positionOf(target: EventTarget | null): number | null {
  const box = target instanceof Element ? target.closest<HTMLElement>(".s, .unit") : null;
  const at = (box?.matches(".s") ? box : box?.querySelector<HTMLElement>(".s"))?.dataset.at;
  return at === undefined ? null : Number(at);
}

/** The raw text of what is selected in the sheet, so that copying gives the text and not its visible signs. */
export function selectedText(passage: OpenPassage, root: HTMLElement, selection: globalThis.Selection): string | null {
  const chosen = [...root.querySelectorAll<HTMLElement>(".s")].filter((box) => selection.containsNode(box, true));
  if (chosen.length === 0) return null;
  const codes = chosen.map((box) => symbolAt(passage, Number(box.dataset.at)).code);
  if (passage.source.unit === "bytes") return new TextDecoder().decode(Uint8Array.from(codes));
  return codes.map((code) => (code < 0 ? "\ufffd" : String.fromCodePoint(code))).join("");
}

function element(name: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}
