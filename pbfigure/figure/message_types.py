"""Every type of message, declared once: what happened, and what to do.

The reference shows this list; no build imports it. A test holds it to the types that the code uses.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["warning", "error", "note", "refusal"]


class MessageType(NamedTuple):
    """One type of message: what follows the dot in ``paperbanana.missing``."""

    name: str
    kind: Kind
    """A warning, which can be suppressed; an error, which fails the build; a note, which informs;
    or a refusal, with which a verb of the command ends."""
    what: str
    cure: str = ""


MESSAGE_TYPES = {
    each.name: each
    for each in (
        MessageType(
            "option",
            "warning",
            "An option, a prompt or a text is wrong. Nothing is bought for this figure.",
            "Correct what the message names.",
        ),
        MessageType(
            "name",
            "warning",
            "Two figures have one name and ask for different pictures.",
            "Give each an `id`.",
        ),
        MessageType(
            "pin",
            "warning",
            "The picture that a figure is pinned to is not here. Nothing is bought in its place.",
            "Restore the file, correct the pin, or `pbfigure unpin`.",
        ),
        MessageType(
            "alt",
            "warning",
            "A figure has no `alt` of its own, and `require_alt` asks for one.",
            "Write `alt`; an empty one marks a decoration.",
        ),
        MessageType(
            "missing",
            "warning",
            "A figure has no picture; the message says why. A placeholder is shown.",
            "Build in mode `generate` with a key, or `pbfigure make`.",
        ),
        MessageType(
            "outdated",
            "warning",
            "A figure shows its last picture, because it cannot have its own now.",
            "Build in mode `generate` with a key, or `pbfigure make`.",
        ),
        MessageType(
            "no_key",
            "warning",
            "Figures are missing, and `PAPERBANANA_API_KEY` is not set or is no team key.",
            "Set it, have the missing files committed, or try `pbfigure sandbox --`.",
        ),
        MessageType(
            "budget",
            "warning",
            "Figures are held: they cost more than `max_credits` or `max_credits_per_day`.",
            "`pbfigure make` buys them once you confirm the sum; or raise the setting.",
        ),
        MessageType(
            "held",
            "warning",
            "Figures are held, because a save buys nothing (`on_save`).",
            "Run latexmk once by hand, or `pbfigure make`.",
        ),
        MessageType(
            "pending",
            "warning",
            "A figure is ordered, and its picture was not ready in time or could not be fetched.",
            "Build again: it is fetched, and not paid for again.",
        ),
        MessageType(
            "failed",
            "warning",
            "The service refused or failed a figure. Nothing was charged.",
            "Change what the message names; else `pbfigure refresh FIGURE`, or wait"
            " `retry_failed_after`.",
        ),
        MessageType(
            "unknown",
            "warning",
            "An order lost its answer, and the service's task list does not tell whether it was"
            " taken. It is not ordered again.",
            "`pbfigure settle` shows what is known and takes your decision.",
        ),
        MessageType(
            "adopted",
            "warning",
            "An order lost its answer, and the one task that fits was taken for it.",
            "Look whether it is the right picture.",
        ),
        MessageType(
            "reordered",
            "warning",
            "An order lost its answer, no task for it was listed, and it was ordered again.",
            "See in `pbfigure tasks` whether both were charged.",
        ),
        MessageType(
            "revise",
            "warning",
            "The service does not have the picture any more that a revision starts from.",
            "Have that picture drawn as another variant, pin one, or take the revision back.",
        ),
        MessageType(
            "picture",
            "warning",
            "A picture's file or record is damaged, or the picture is nearly of one colour.",
            "Restore the file if it could not be healed (`git checkout`, `git lfs pull`); look at"
            " the picture.",
        ),
        MessageType(
            "format",
            "warning",
            "A picture came in another format, shape or size than was asked for.",
            "Look at the picture.",
        ),
        MessageType(
            "draft",
            "warning",
            "A figure shows a draft of the sandbox.",
            "Build with a real key: drafts are made anew. To keep them, set `allow_drafts`.",
        ),
        MessageType(
            "label",
            "warning",
            "The figure check found a word that is misspelt, repeated, cut off or an instruction.",
            "Look at the picture; `revise` it, or name the word in `check_ignore`.",
        ),
        MessageType(
            "small_text",
            "warning",
            "The figure check found text that is too small where it is shown.",
            "Show the picture wider, or have it drawn with fewer words.",
        ),
        MessageType(
            "contrast",
            "warning",
            "The figure check found text with too little contrast.",
            "`revise` it, or have another variant drawn.",
        ),
        MessageType(
            "cache",
            "warning",
            "The machine's cache cannot be used, or lost its journal. Nothing is bought twice.",
            "Do what the message says; `pbfigure cache verify` looks at all of it.",
        ),
        MessageType(
            "figures_dir",
            "warning",
            "The project's folder of pictures cannot be written.",
            "Make it writable; until then the pictures are in the machine's cache only.",
        ),
        MessageType(
            "shared",
            "warning",
            "The team's store cannot be used, or has something that is refused. The build goes on"
            " without it.",
            "Do what the message says (docs/how-to/for-a-team.md).",
        ),
        MessageType(
            "setting",
            "error",
            "A setting is unknown, wrong, or set where it may not be set.",
            "Correct it where the message says that it was written.",
        ),
        MessageType(
            "frozen",
            "error",
            "Figures are missing or drafts, and `mode` is `frozen`.",
            "Build in mode `generate` where a key is set, and commit the folder of pictures.",
        ),
        MessageType(
            "on_failure",
            "error",
            "Figures could not be made, and `on_failure` is `error`.",
            "See their own messages.",
        ),
        MessageType(
            "approval",
            "error",
            "Nobody approved a picture, `mode` is `frozen`, and `require_approval` is set.",
            "`pbfigure review`, `pbfigure approve`, and commit the folder of pictures.",
        ),
        MessageType(
            "unexpected",
            "error",
            "An unexpected error. One figure fails; the build goes on.",
            "Report it, with the traceback that `PBFIGURE_DEBUG=1` shows.",
        ),
        MessageType("resumed", "note", "A picture that an earlier build paid for was fetched."),
        MessageType("text_changed", "note", "Only the text around a figure changed: it is kept."),
        MessageType(
            "text_cut", "note", "The text around a figure was too long; the nearest was sent."
        ),
        MessageType("sent", "note", "Once in a project: what is sent, and to whom."),
        MessageType("commit", "note", "Once in a project: commit the folder of pictures."),
        MessageType("provenance", "note", "Published copies that lost a signature in conversion."),
        MessageType("builder", "note", "A plan for a builder that buys nothing."),
        MessageType("latex", "note", "A plan of a paper that TeX has not run, or changed since."),
        MessageType("check", "note", "A picture could not be checked."),
        MessageType("publish", "note", "`pbfigure resolve`: a labelled copy cannot be written."),
        MessageType("interrupted", "note", "Ctrl-C: what was ordered is in the journal."),
        MessageType("archive", "refusal", "An export cannot be read or written."),
        MessageType("bundle", "refusal", "A bundle cannot be written."),
        MessageType("choice", "refusal", "A picture cannot be pinned or approved."),
        MessageType("record", "refusal", "A record cannot be read."),
        MessageType("request", "refusal", "A line of `pbfigure resolve` is not a request."),
        MessageType("review", "refusal", "The review's page cannot be written or served."),
        MessageType("sphinx", "refusal", "Sphinx cannot read the project."),
    )
}
"""Every type, by name."""
