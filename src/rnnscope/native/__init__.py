"""The one compiled library, and what stands in for it where it could not be built."""

from __future__ import annotations

from rnnscope.native.loading import Library as Library
from rnnscope.native.loading import load as load
from rnnscope.native.loading import why as why
from rnnscope.native.vectors import Processor as Processor
from rnnscope.native.vectors import processor as processor
