// The text itself, one box per symbol. Built once per passage as plain elements and recoloured in place: moving to
// another cell touches two style properties per box and nothing else.
import type { Symbol } from "../data/contract";
import { type OpenPassage, expectations, symbolAt } from "../data/passage";
import type { Palette } from "./colour";

/** Words longer than this may break, so that a line of base64 cannot push the page apart. */
const WORD_LIMIT = 40;

export class Sheet {
  private readonly boxes: HTMLElement[] = [];
  /** The shade every box has now. */
  private readonly shades: Int16Array;
  private palette: Palette | null = null;
  private filled = false;
  private marked: HTMLElement | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly passage: OpenPassage,
  ) {
    this.shades = new Int16Array(passage.length).fill(-1);
    const all = document.createDocumentFragment();
    let line = all.appendChild(element("div", "line"));
    let word: HTMLElement | null = null;
    for (let position = 0; position < passage.length; position++) {
      const symbol = symbolAt(passage, position);
      const group = passage.groupAt[position];
      const inside = group !== null && position > group.start;
      const kind = group?.kind ?? symbol.kind;
      const loose = kind === "break" || kind === "blank";
      if (!inside && (loose || word === null || word.childElementCount >= WORD_LIMIT)) {
        word = element("span", "word");
        line.append(word);
      }
      word?.append(this.box(position, symbol));
      if (loose && !inside) word = null;
      if (kind === "break" && position + 1 < passage.length) line = all.appendChild(element("div", "line"));
    }
    root.replaceChildren(all);
  }

  /** Colour every box. */
  paint(steps: ArrayLike<number>, shadeOf: (stored: number) => number, palette: Palette): void {
    const { css, ink } = palette;
    if (palette !== this.palette) this.shades.fill(-1);
    this.palette = palette;
    for (let position = 0; position < this.boxes.length; position++) {
      const index = shadeOf(steps[position]);
      if (index === this.shades[position]) continue;
      this.shades[position] = index;
      const style = this.boxes[position].style;
      style.backgroundColor = css[index];
      style.color = ink[index];
    }
  }

  /** Underline what surprised the network: the thicker, the less likely the symbol was (up to 8 bits and more). */
  markSurprise(on: boolean): void {
    for (let position = 0; position < this.boxes.length; position++) {
      const bits = on ? -this.passage.logProbNats[position] / Math.LN2 : 0;
      const height = bits > 1 ? Math.min(4, bits / 2) : 0;
      this.boxes[position].style.boxShadow = height > 0 ? `inset 0 -${height.toFixed(1)}px 0 #111` : "";
    }
  }

  /** Put the most likely next symbols under every symbol; done once, when first asked for. */
  showExpected(on: boolean): void {
    this.root.classList.toggle("expected", on);
    if (!on || this.filled) return;
    this.filled = true;
    this.boxes.forEach((box, position) => {
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
      box.parentElement?.append(column);
    });
  }

  showLetters(on: boolean): void {
    this.root.classList.toggle("bare", !on);
  }

  /** Outline one position, and none when given null. */
  mark(position: number | null): void {
    this.marked?.classList.remove("marked");
    this.marked = position === null ? null : this.boxes[position];
    this.marked?.classList.add("marked");
  }

  boxAt(position: number): HTMLElement | undefined {
    return this.boxes[position];
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
    this.boxes.push(box);
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
