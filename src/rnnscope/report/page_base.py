"""What every part of the page-data contract is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from rnnscope.artifacts.glyphs import GlyphKind, visible

Text = Annotated[str, AfterValidator(visible)]


class PageModel(BaseModel):
    """What all parts of a page have in common: frozen, no unknown key, no infinity or NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


class Packed(PageModel):
    """An array of numbers; value = stored * scale."""

    dtype: Literal["int8", "uint8", "int16", "uint16", "uint32", "float32"]
    shape: list[int]
    scale: float
    data: str
    """Base64 of gzip of the little-endian bytes, last axis fastest."""


class Symbol(PageModel):
    """One entry of a passage's table of symbols."""

    glyph: str
    name: str
    kind: GlyphKind
    code: int
    """Code point or byte value; -1 for the reserved id."""
