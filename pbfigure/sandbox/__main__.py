"""``python -m pbfigure.sandbox``."""

from pbfigure.sandbox.program import sandbox

if __name__ == "__main__":
    sandbox(prog_name="pbfigure sandbox")
