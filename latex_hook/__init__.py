"""The LaTeX front end: ``\\pbfigure`` under latexmk.

TeX runs no program: it writes what it asks for into ``\\jobname.pbq``. latexmk starts the hook
(:mod:`latex_hook.run`) twice: beside TeX's first pass, to look up what TeX asked for the last time,
and after TeX, to have the engine of :mod:`pbfigure` make what is missing. Its map tells
``paperbanana.sty`` each figure's picture. :mod:`latex_hook.paper` is the document they work on.
"""
