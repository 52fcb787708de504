"""What a save buys: the setting ``on_save``, in rounds of ``latexmk -pvc`` after the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from latex_hook.run import Run
    from pbfigure.project.settings import Settings


def reason_to_hold(run: Run, settings: Settings) -> str | None:
    """Return why missing figures are held in a run of the hook, or None where it may buy them."""
    if not run.saved or settings.on_save != "hold":
        return None
    return (
        f"a save buys nothing (on_save = hold): run 'pbfigure make {run.main.name}' to have it made"
    )
