"""The text that a figure is drawn from: what a reader of the page sees around it, and no more.

``figure_text`` is the transform that takes it while a page is read; ``section_reader`` and
``inline`` walk the blocks and the words in them by ``node_rules``; ``conditional`` is what is kept
until all pages are read, when it is known what is shown and what references say.
``labelled_sections`` knows the section and the title behind a label, ``added_words`` the words that
Sphinx adds.
"""
