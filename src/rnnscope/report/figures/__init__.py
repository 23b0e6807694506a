"""Figures of the report as files.

spec       what a figure is
catalogue  all there are
draw       matplotlib
files      tables, pages, pictures
"""
