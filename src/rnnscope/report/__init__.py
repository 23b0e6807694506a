"""Findings to one self-contained HTML file: the page-data contract, its inputs, and the writer."""

from rnnscope.report.build import build_page as build_page
from rnnscope.report.inputs import CellsInput as CellsInput
from rnnscope.report.inputs import CellStatistics as CellStatistics
from rnnscope.report.inputs import CorpusInput as CorpusInput
from rnnscope.report.inputs import NgramInput as NgramInput
from rnnscope.report.inputs import PassageInput as PassageInput
from rnnscope.report.inputs import ReportInput as ReportInput
from rnnscope.report.inputs import RunInput as RunInput
from rnnscope.report.inputs import SampleInput as SampleInput
from rnnscope.report.page import Page as Page
from rnnscope.report.write import write_html as write_html
