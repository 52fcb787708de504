r"""What environments do to the text: a table.

Each row has the arguments of ``\begin`` (as in ``commands``), the kind, and the names.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What becomes of an environment's contents."""

    BLOCK = "a paragraph of its own"
    TABLE = "rows of cells"
    HIDDEN = "no text: drawings, code, what no reader sees"
    FORMULA = "a displayed formula"
    ITEMS = "a list with bullets"
    NUMBERS = "a list with numbers"
    TERMS = "a list of terms"
    STATEMENT = "a statement that is named: a theorem, a proof"


LISTS = (Kind.ITEMS, Kind.NUMBERS, Kind.TERMS)


class Environment(NamedTuple):
    """The arguments of an environment's beginning, and its kind."""

    arguments: str
    kind: Kind


# fmt: off
_TABLE = (
    # --- drawings and code that draws
    ("", Kind.HIDDEN, """
        tikzpicture pgfpicture picture pspicture axis tikzcd forest circuitikz overpic mfpic fmffile
        fmfgraph feynman psgraph prooftree xy dependency lpic sequencediagram msc musixtex music
        lilypond gnuplot dot2tex ganttchart bytefield timingtable tikztimingtable yquant quantikz
        optidef semilogxaxis semilogyaxis loglogaxis groupplot polaraxis ternaryaxis animateinline
        karnaugh-map feynmandiagram pgfonlayer scope chronology tikzfadingfrompicture neuralnetwork
        venndiagram2sets venndiagram3sets sankeydiagram knot
    """),
    # --- what no reader sees, or reads as text
    ("", Kind.HIDDEN, """
        thebibliography theindex lrbox CCSXML todo anfxnote anfxwarning anfxerror anfxfatal
    """),
    # --- formulas
    ("", Kind.FORMULA, """
        equation align gather multline flalign eqnarray displaymath math dmath dgroup darray
        aligned gathered split
    """),
    ("m", Kind.FORMULA, "numcases subnumcases alignat xalignat xxalignat"),
    ("om", Kind.FORMULA, "IEEEeqnarray empheq"),
    # --- lists
    ("o", Kind.ITEMS, "itemize compactitem inparaitem asparaitem"),
    ("mm", Kind.ITEMS, "list"),
    ("o", Kind.NUMBERS, """
        enumerate compactenum inparaenum asparaenum questions choices parts subparts exe xlist
        enumerate* exercises
    """),
    ("o", Kind.TERMS, "description tablenotes compactdesc acronym"),
    ("om", Kind.TERMS, "labeling"),
    ("op", Kind.NUMBERS, "tasks"),
    # --- floats and boxes; of others, the rule for unknown environments reads the arguments
    ("o", Kind.BLOCK, """
        figure table algorithm algorithm2e listing scheme sidewaysfigure sidewaystable marginfigure
        margintable floatrow plate chart codelisting framed shaded landscape center centering quote
        columns quotation verse abstract flushleft flushright titlepage small footnotesize
        samepage singlespace doublespace onehalfspace sloppypar algorithmic
        threeparttable measuredfigure subequations raggedright document appendices subappendices
        refsection
    """),
    ("mOo", Kind.BLOCK, "multicols"),
    ("mm", Kind.BLOCK, "CJK adjustwidth"),
    ("ooom", Kind.BLOCK, "minipage subfigure subtable varwidth"),
    ("omom", Kind.BLOCK, "wrapfigure wraptable"),
    ("mp", Kind.BLOCK, "textblock"),
    ("oo", Kind.BLOCK, "displayquote"),
    ("t", Kind.BLOCK, "tcolorbox mdframed"),
    # --- tables
    ("om", Kind.TABLE, """
        tabular longtable array supertabular xtabular tblr longtblr deluxetable
    """),
    ("omo", Kind.TABLE, "NiceTabular"),
    ("bm", Kind.TABLE, "tabu longtabu"),
    ("mom", Kind.TABLE, "tabular* tabularx tabulary xltabular"),
    ("", Kind.BLOCK, "tabbing"),
    # --- statements
    ("O", Kind.STATEMENT, """
        theorem lemma proposition corollary definition remark example proof claim conjecture axiom
        exercise problem solution note observation fact assumption property hypothesis criterion
        notation question case
    """),
)
# fmt: on

ENVIRONMENTS = {
    name: Environment(arguments, kind)
    for arguments, kind, names in _TABLE
    for name in names.split()
}
STATEMENTS = {
    **{"thm": "Theorem", "lem": "Lemma", "prop": "Proposition", "cor": "Corollary"},
    **{"defn": "Definition", "defi": "Definition", "dfn": "Definition", "rem": "Remark"},
    **{"rmk": "Remark", "ex": "Example", "exmp": "Example", "conj": "Conjecture"},
    **{"satz": "Satz", "beweis": "Beweis", "korollar": "Korollar", "bemerkung": "Bemerkung"},
    **{"beispiel": "Beispiel", "theoreme": "Théorème", "preuve": "Preuve"},
}
"""What statements of other names are called where the document does not say it."""
FLOATS = {
    **dict.fromkeys(("table", "wraptable", "sidewaystable", "margintable", "longtable"), "Table"),
    **dict.fromkeys(("subtable", "threeparttable", "xltabular", "deluxetable", "tblr"), "Table"),
    **dict.fromkeys(("algorithm", "algorithm2e"), "Algorithm"),
    **dict.fromkeys(("listing", "codelisting"), "Listing"),
    **{"scheme": "Scheme", "plate": "Plate", "chart": "Chart"},
}
"""What stands before the caption of a float that is no figure."""
