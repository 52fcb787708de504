"""Git LFS: a clone may have a pointer, a few lines of text, in place of each picture."""

POINTER = b"version https://git-lfs."
"""How a pointer begins: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md."""


def is_pointer(start: bytes) -> bool:
    """Whether a file that begins so is a pointer of Git LFS."""
    return start.startswith(POINTER)
