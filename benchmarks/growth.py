"""How the reading of TeX sources grows: twenty-two shapes at 10, 100 and 1,000 kB.

``python benchmarks/growth.py`` prints a table in Markdown: milliseconds of the processor, the least
of three, for the scan, the places and keys of all figures, and the texts of five; and the peak of
memory so far.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests/latex"))

from hostile_shapes import SHAPES, read_all

SIZES = (10_000, 100_000, 1_000_000)


def main() -> None:
    """Print the table."""
    print("| shape | 10 kB, ms | 100 kB, ms | 1,000 kB, ms | 1,000 ÷ 100 | MB |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        read_all(folder, "warm")
        for shape, source in SHAPES.items():
            taken = [_least(folder, source(size)) for size in SIZES]
            shown = " | ".join(f"{1000 * each:.0f}" for each in taken)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"| {shape} | {shown} | {taken[2] / taken[1]:.1f} | {peak} |", flush=True)


def _least(folder: Path, source: str) -> float:
    least = float("inf")
    for _ in range(3):
        begun = time.process_time()
        read_all(folder, source)
        least = min(least, time.process_time() - begun)
        if least > 20:
            break
    return least


if __name__ == "__main__":
    main()
