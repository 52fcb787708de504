extensions = ["sphinx_paperbanana"]
rst_prolog = """\
This site is moved soon.

.. |product| replace:: Flowmaster
"""
rst_epilog = "Written by the documentation team."
