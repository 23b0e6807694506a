// A drawing as a file of its own: a copy whose looks no longer depend on the page's style sheet.
import { saveFile } from "./download";

const LOOKS = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "stroke-opacity", "opacity",
  "font-family", "font-size", "font-weight", "font-style", "text-anchor", "font-variant-numeric",
];
/** Pixels of a picture for each of the drawing. */
const SHARPNESS = 2;

/** The drawing as SVG text, on the paper it stands on. */
export function svgText(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const [sources, copies] = [drawing, copy].map((root) => [root, ...root.querySelectorAll<SVGElement>("*")]);
  sources.forEach((source, index) => {
    const looks = getComputedStyle(source);
    const target = copies[index];
    for (const name of LOOKS) {
      const value = looks.getPropertyValue(name);
      if (value) target.setAttribute(name, value);
    }
    for (const name of ["class", "tabindex", "style"]) target.removeAttribute(name);
  });
  const { width, height } = drawing.getBoundingClientRect();
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const paper = document.createElementNS(copy.namespaceURI, "rect");
  const [x, y, wide, high] = copy.getAttribute("viewBox")!.split(" ");
  for (const [name, value] of Object.entries({ x, y, width: wide, height: high, fill: getComputedStyle(document.documentElement).backgroundColor })) {
    paper.setAttribute(name, value);
  }
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

export function saveSvg(name: string, drawing: SVGSVGElement): void {
  saveFile(`${name}.svg`, new Blob([svgText(drawing)], { type: "image/svg+xml" }));
}

export async function savePng(name: string, drawing: SVGSVGElement): Promise<void> {
  const address = URL.createObjectURL(new Blob([svgText(drawing)], { type: "image/svg+xml" }));
  try {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    const { width, height } = drawing.getBoundingClientRect();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * SHARPNESS);
    canvas.height = Math.round(height * SHARPNESS);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await new Promise<Blob | null>((give) => canvas.toBlob(give, "image/png"));
    if (made) saveFile(`${name}.png`, made);
  } finally {
    URL.revokeObjectURL(address);
  }
}
