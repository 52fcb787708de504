"""The text that a figure is drawn from: what a reader of the page sees around it, and no more.

``taking`` is the transform that takes it while a page is read; ``reading`` walks the nodes by the
rules of ``node_rules``; ``passages`` is what is kept of it until all pages are read, when it is known
what is shown and what references say; ``titles`` and ``added_words`` know the words behind a label,
and those that are Sphinx's own.
"""
