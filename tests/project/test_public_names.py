"""What programs may import from ``pbfigure``, and what that costs the hook that does not."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pbfigure


@pytest.mark.parametrize("name", pbfigure.__all__)
def test_every_public_name_is_there_and_says_what_it_is_for(name: str) -> None:
    public = getattr(pbfigure, name)
    assert public.__doc__


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'resolv'"):
        getattr(pbfigure, "resolv")  # noqa: B009 - as a program would misspell it


def test_the_package_alone_imports_nothing_more() -> None:
    code = "import sys, pbfigure; print([n for n in sys.modules if n.startswith('pbfigure.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
