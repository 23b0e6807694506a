// The page-data contract. Written by web/contract.py from rnnscope.report; do not edit by hand.

/** An array of numbers; value = stored * scale. */
export interface Packed {
  dtype: "int8" | "uint8" | "int16" | "uint16" | "uint32" | "float32";
  shape: number[];
  scale: number;
  /** Base64 of gzip of the little-endian bytes, last axis fastest. */
  data: string;
}

/** One entry of a passage's table of symbols. */
export interface Symbol {
  glyph: string;
  name: string;
  kind: "plain" | "blank" | "break" | "code" | "mark" | "byte";
  /** Code point or byte value; -1 for the reserved id. */
  code: number;
}
