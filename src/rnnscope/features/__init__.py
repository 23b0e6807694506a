"""Hypotheses about a text as tracks over its symbols: prose, any text, and code by real parsers."""

from rnnscope.features.distance import correlation_length, distance_since_on, spells
from rnnscope.features.feature import LANGUAGES, Feature, Language, Measured, Target
from rnnscope.features.registry import FEATURES
from rnnscope.features.source import Source
from rnnscope.features.tracks import Track, Tracks, measure, tracks
from rnnscope.features.user import from_python, from_regex, from_spans

__all__ = [
    "FEATURES",
    "LANGUAGES",
    "Feature",
    "Language",
    "Measured",
    "Source",
    "Target",
    "Track",
    "Tracks",
    "correlation_length",
    "distance_since_on",
    "from_python",
    "from_regex",
    "from_spans",
    "measure",
    "spells",
    "tracks",
]
