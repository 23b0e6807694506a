"""What every part of the page-data contract is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from rnnscope.artifacts.glyphs import visible

Text = Annotated[str, AfterValidator(visible)]


class PageModel(BaseModel):
    """What all parts of a page have in common: frozen, no unknown key, no infinity or NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
