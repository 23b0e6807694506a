"""The one compiled library, and what stands in for it where it could not be built."""

from __future__ import annotations

from rnnscope.native.load import Library as Library
from rnnscope.native.load import load as load
from rnnscope.native.load import why as why
from rnnscope.native.processor import Processor as Processor
from rnnscope.native.processor import processor as processor
