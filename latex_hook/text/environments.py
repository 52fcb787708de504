r"""What environments do to the text: a table.

Each line has the arguments of ``\begin`` (as in ``commands``), the kind, and the names.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What becomes of an environment's contents."""

    BLOCK = "a paragraph of its own"
    INLINE = "text like that around it"
    HIDDEN = "no text: drawings, code, what no reader sees"
    FORMULA = "a displayed formula"
    ITEMS = "a list with bullets"
    NUMBERS = "a list with numbers"
    TERMS = "a list of terms"
    LINES = "lines that stay lines"
    STATEMENT = "a statement that is named: a theorem, a proof"


class Environment(NamedTuple):
    """The arguments of an environment's beginning, and its kind."""

    arguments: str
    kind: Kind


_TABLE = (
    # --- drawings and code that draws
    ("", Kind.HIDDEN, "tikzpicture pgfpicture picture pspicture axis tikzcd forest circuitikz"),
    ("", Kind.HIDDEN, "overpic asy asydef mfpic fmffile fmfgraph feynman psgraph prooftree xy"),
    (
        "",
        Kind.HIDDEN,
        "dependency lpic sequencediagram msc musixtex music lilypond gnuplot dot2tex",
    ),
    ("", Kind.HIDDEN, "ganttchart bytefield timingtable tikztimingtable yquant quantikz optidef"),
    ("", Kind.HIDDEN, "semilogxaxis semilogyaxis loglogaxis groupplot polaraxis ternaryaxis"),
    (
        "",
        Kind.HIDDEN,
        "animateinline karnaugh-map pgfonlayer scope chronology tikzfadingfrompicture",
    ),
    # --- what no reader sees, or reads as text
    ("", Kind.HIDDEN, "comment filecontents thebibliography theindex pycode sagesilent luacode"),
    ("", Kind.HIDDEN, "lrbox CCSXML"),
    # --- formulas
    ("", Kind.FORMULA, "equation align gather multline flalign eqnarray displaymath math dmath"),
    ("", Kind.FORMULA, "dgroup darray aligned gathered split"),
    ("m", Kind.FORMULA, "alignat xalignat xxalignat"),
    ("om", Kind.FORMULA, "IEEEeqnarray empheq"),
    # --- lists
    ("o", Kind.ITEMS, "itemize compactitem inparaitem asparaitem"),
    ("mm", Kind.ITEMS, "list"),
    ("o", Kind.NUMBERS, "enumerate compactenum inparaenum asparaenum questions parts tasks exe"),
    ("o", Kind.NUMBERS, "xlist enumerate* exercises"),
    ("o", Kind.TERMS, "description compactdesc acronym labeling"),
    # --- floats and boxes
    ("o", Kind.BLOCK, "figure table algorithm algorithm2e listing scheme sidewaysfigure"),
    ("o", Kind.BLOCK, "sidewaystable marginfigure margintable floatrow plate chart codelisting"),
    ("oo", Kind.BLOCK, "SCfigure SCtable"),
    ("omom", Kind.BLOCK, "wrapfigure wraptable wrapfloat"),
    ("mo", Kind.BLOCK, "floatingfigure"),
    ("oom", Kind.BLOCK, "subfigure subtable"),
    ("ooom", Kind.BLOCK, "minipage"),
    ("om", Kind.BLOCK, "adjustbox textblock spacing multicols addmargin otherlanguage column"),
    ("om", Kind.BLOCK, "rotate turn"),
    ("omm", Kind.BLOCK, "adjustwidth changemargin"),
    ("mo", Kind.BLOCK, "paracol"),
    ("mm", Kind.BLOCK, "CJK"),
    ("o", Kind.BLOCK, "tcolorbox mdframed framed shaded landscape center centering quote columns"),
    ("o", Kind.BLOCK, "quotation verse abstract flushleft flushright titlepage small footnotesize"),
    ("o", Kind.BLOCK, "displayquote samepage singlespace doublespace onehalfspace sloppypar"),
    ("o", Kind.BLOCK, "threeparttable measuredfigure subequations tablenotes raggedright document"),
    ("o", Kind.BLOCK, "appendices subappendices refsection"),
    ("oM", Kind.BLOCK, "block alertblock exampleblock"),
    ("oMM", Kind.BLOCK, "frame"),
    # --- tables
    ("om", Kind.BLOCK, "tabular longtable array supertabular tabu longtabu xtabular tblr longtblr"),
    ("mom", Kind.BLOCK, "tabular* tabularx tabulary xltabular"),
    ("", Kind.BLOCK, "tabbing"),
    # --- lines
    ("o", Kind.LINES, "algorithmic alltt obeylines"),
    # --- statements
    ("O", Kind.STATEMENT, "theorem lemma proposition corollary definition remark example proof"),
    ("O", Kind.STATEMENT, "claim conjecture axiom exercise problem solution note observation fact"),
    ("O", Kind.STATEMENT, "assumption property hypothesis criterion notation question case"),
)

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
    **dict.fromkeys(("subtable", "threeparttable", "xltabular", "supertabular", "tblr"), "Table"),
    **dict.fromkeys(("algorithm", "algorithm2e"), "Algorithm"),
    **dict.fromkeys(("listing", "codelisting"), "Listing"),
    **{"scheme": "Scheme", "plate": "Plate", "chart": "Chart"},
}
"""What stands before the caption of a float that is no figure."""
