"""Peak memory of a Sphinx build that makes 100 figures of 4K, against one that shows plain ones.

    python benchmarks/memory.py [FIGURES [png|jpeg|webp]]

Both are whole `sphinx-build -b html` processes; the figure is the operating system's own peak
resident size of each. The sandbox runs in a process of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from sandbox_process import SandboxProcess


def write_sources(folder: Path, figures: int, output_format: str | None) -> None:
    """Write a page a figure: made in a format, or, with None, a plain one."""
    folder.mkdir()
    extension = '"sphinx_paperbanana"' if output_format else ""
    (folder / "conf.py").write_text(f"extensions = [{extension}]\n")
    pages = []
    for number in range(figures):
        page = f"page{number}"
        pages.append(f"   {page}\n")
        if output_format:
            figure = (
                f".. paperbanana:: The flow of water through field number {number}\n"
                f"   :resolution: 4K\n   :output-format: {output_format}\n"
            )
        else:
            figure = ".. figure:: picture.png\n"
        (folder / f"{page}.rst").write_text(f"{page}\n{'=' * 9}\n\nSome text.\n\n{figure}\n")
    index = "Index\n=====\n\n.. toctree::\n\n" + "".join(pages)
    (folder / "index.rst").write_text(index)


def build(folder: Path, environ: dict[str, str]) -> float:
    """Build once and return the peak resident size in MB."""
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", "_build"]
    pid = os.posix_spawn(
        "/bin/sh", ["/bin/sh", "-c", f'cd "{folder}" && exec "$@"', "sh", *command], environ
    )
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"the build in {folder} failed")
    return usage.ru_maxrss / 1024


def measured(figures: int, output_format: str) -> tuple[int, float, float]:
    """Return how many pictures were made, and the peaks in MB: of that, and of a plain build."""
    scratch = Path(tempfile.mkdtemp())
    try:
        with SandboxProcess(latency=2) as sandbox:
            sandbox.settings(key_limit=10**6, ip_limit=10**6, team_limit=10**6)
            write_sources(scratch / "made", figures, output_format)
            environ = {**os.environ, **sandbox.env, "PAPERBANANA_CACHE_DIR": str(scratch / "cache")}
            environ["PAPERBANANA_REQUESTS_PER_MINUTE"] = "100000"
            made = build(scratch / "made", environ)
            tasks = len(sandbox.tasks())
        kept = (scratch / "made" / "_paperbanana").iterdir()
        picture = next(path for path in kept if path.suffix != ".json")
        write_sources(scratch / "plain", figures, None)
        shutil.copy(picture, scratch / "plain" / "picture.png")
        plain = build(scratch / "plain", dict(os.environ))
    finally:
        shutil.rmtree(scratch)
    return tasks, made, plain


def main() -> None:
    """Measure and print."""
    figures = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    output_format = sys.argv[2] if len(sys.argv) > 2 else "png"
    tasks, made, plain = measured(figures, output_format)
    print(
        f"{tasks} × {output_format}; made: {made:.0f} MB, plain: {plain:.0f} MB,"
        f" above: {made - plain:.0f} MB"
    )


if __name__ == "__main__":
    main()
