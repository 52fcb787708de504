"""The LaTeX front end: ``\\pbfigure`` under latexmk.

TeX runs no program. Before its first pass, latexmk starts the hook (:mod:`latex_hook.run`), which
reads the sources, lets the engine of :mod:`pbfigure` make what is missing and writes the map from
which ``paperbanana.sty`` knows each figure's picture. What TeX really asked for, it writes into
``\\jobname.pbq``; where that differs from what the sources showed, the hook goes once more.
"""
