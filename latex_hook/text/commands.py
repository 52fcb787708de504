r"""What the commands of LaTeX and its packages leave in the text: a table.

Each line has the arguments, what is left, and the commands. Arguments: ``m`` one that must be
given, ``o`` one in brackets, ``*`` a star, ``p`` one in parentheses, ``d`` a length without braces;
an upper-case letter for those whose text stays. ``{0}`` is the first of these, and so on.
"""

from __future__ import annotations

from typing import NamedTuple

from latex_hook.text.marks import BREAK, HIDDEN, PARAGRAPH


class Command(NamedTuple):
    """The arguments of a command, and what it leaves."""

    arguments: str
    template: str = ""


_TABLE = (
    # --- fonts, boxes, colour: the text stays
    ("M", "{0}", "emph textbf textit textsl textsc texttt textrm textsf textup textmd"),
    ("M", "{0}", "textnormal"),
    ("M", "{0}", "text mbox hbox vbox underline uline uuline uwave sout hl lowercase"),
    ("M", "{0}", "uppercase"),
    ("M", "{0}", "MakeUppercase MakeLowercase MakeTextUppercase textsuperscript"),
    ("M", "{0}", "textsubscript"),
    ("M", "{0}", "textlining textosf spacedallcaps spacedlowsmallcaps allcaps smallcaps"),
    ("M", "{0}", "newthought textquote caps up strong code file"),
    ("M", "{0}", "textgreek textcyrillic textipa ch ce iupac ensuretext"),
    ("M", "{0}", "fbox frame alert structure textsw textin"),
    ("*oM", "{0}", "underbar term keyword concept"),
    ("ooM", "{0}", "framebox makebox"),
    ("mM", "{0}", "hyperlink hypertarget"),
    ("mooM", "{0}", "raisebox"),
    ("oooomM", "{0}", "parbox"),
    ("*mmM", "{0}", "resizebox"),
    ("moM", "{0}", "scalebox"),
    ("omM", "{0}", "rotatebox textcolor colorbox foreignlanguage textlang"),
    ("omomM", "{0}", "fcolorbox"),
    ("omM", "{0}", "adjustbox href"),
    ("oM", "{0}", "hyperref tcbox highlight"),
    (
        "oM",
        "{0}",
        "textfrench textgerman textenglish textrussian textspanish textitalian textpolish",
    ),
    ("mM", "{0}", "texorpdfstring"),
    ("oMM", "{0}{1}", "lettrine"),
    ("MM", "{0}/{1}", "nicefrac sfrac textfrac"),
    ("oMM", "{0}/{1}", "xfrac"),
    ("MM", "{0} ({1})", "chemname ruby"),
    # --- what stands apart
    ("*oM", PARAGRAPH + "{0}" + PARAGRAPH, "part chapter section subsection subsubsection"),
    ("*oM", PARAGRAPH + "{0}" + PARAGRAPH, "addpart addchap addsec minisec frametitle"),
    ("*oM", PARAGRAPH + "{0}" + PARAGRAPH, "framesubtitle title subtitle"),
    ("*oM", PARAGRAPH + "{0}" + BREAK, "paragraph subparagraph"),
    ("oM", " ({0})", "footnote footnotetext marginpar sidenote marginnote tablefootnote"),
    ("oM", " ({0})", "endnote"),
    ("oM", " ({0})", "marginalia sidepar"),
    ("", PARAGRAPH, "par newpage clearpage cleardoublepage pagebreak endgraf bigskip medskip"),
    ("", PARAGRAPH, "smallskip maketitle tableofcontents listoffigures listoftables appendix"),
    ("", PARAGRAPH, "frontmatter mainmatter backmatter printindex glt glend"),
    ("", BREAK, "newline linebreak tabularnewline cr gll glll"),
    (
        "",
        " ",
        "quad qquad enspace thinspace medspace thickspace space hfill hfil dotfill hrulefill",
    ),
    ("", " ", "nobreakspace negthinspace enskip"),
    # --- tables
    ("mmM", "{0}", "multicolumn"),
    ("omomoM", "{0}", "multirow"),
    ("oM", "{0}", "makecell thead rothead shortstack"),
    ("", "", "hline toprule midrule bottomrule endhead endfirsthead endfoot"),
    ("", "", "endlastfoot firsthline lasthline"),
    ("opm", "", "cmidrule"),
    ("m", "", "cline hhline noalign Xhline"),
    ("o", "", "addlinespace"),
    ("mmm", "", "specialrule"),
    ("omoo", "", "rowcolor cellcolor columncolor"),
    ("*ommm", "", "rowcolors"),
    # --- references and citations: numbers that nobody knows here
    ("*oom", HIDDEN, "cite citep citet citealp citealt citeauthor citeyear citeyearpar Cite"),
    (
        "*oom",
        HIDDEN,
        "Citep Citet Citealp Citealt Citeauthor parencite Parencite textcite Textcite",
    ),
    ("*oom", HIDDEN, "autocite Autocite footcite smartcite supercite fullcite footfullcite"),
    ("*oom", HIDDEN, "citetitle citedate citeurl cites citenum onlinecite shortcite"),
    ("*oom", HIDDEN, "citeasnoun"),
    ("*oom", HIDDEN, "citeA citeNP citeN footcitetext"),
    ("oomoomoomoom", HIDDEN, "parencites textcites autocites footcites"),
    ("*om", HIDDEN, "ref eqref autoref cref Cref pageref nameref vref Vref vpageref subref"),
    ("*om", HIDDEN, "labelcref cpageref Cpageref namecref nameCref lcnamecref zcref"),
    ("*om", HIDDEN, "prettyref"),
    ("*om", HIDDEN, "fref Fref fullref titleref Autoref Sref sref zref footref"),
    ("*mm", HIDDEN, "crefrange Crefrange vrefrange"),
    ("m", HIDDEN, "bibentry"),
    ("o", HIDDEN, "footnotemark"),
    # --- marks, notes of the author's, files, pictures
    ("om", "", "label nocite index gindex sindex phantom hphantom vphantom hypersetup"),
    ("*om", "", "todo missingfigure fxnote fxwarning fxerror fxfatal note"),
    ("om", "", "comment mycomment pdfcomment thanks"),
    ("om", "", "glsadd glsreset glsunset"),
    ("*oom", "", "includegraphics includestandalone includesvg includepdf includemedia"),
    (
        "om",
        "",
        "input include subfile subfileinclude bibliography bibliographystyle lstinputlisting",
    ),
    ("om", "", "verbatiminput VerbatimInput addbibresource graphicspath makeindex"),
    ("mm", "", "import subimport inputfrom includefrom subinputfrom subincludefrom"),
    ("omm", "", "inputminted movie"),
    ("mmm", "", "addcontentsline"),
    ("mm", "", "addtocontents"),
    ("omm", "", "pdfbookmark belowpdfbookmark currentpdfbookmark"),
    ("m", "", "bookmarksetup anchor hyphenation graphicspath"),
    # --- layout
    ("*m", "", "vspace hspace addvspace enlargethispage needspace Needspace"),
    ("d", "", "vskip hskip kern mkern mskip vglue hglue raise lower moveleft moveright"),
    ("d", "", "parindent parskip baselineskip topskip leftskip rightskip hangindent"),
    ("d", "", "unitlength"),
    ("d", "", "tabcolsep itemsep parsep topsep partopsep labelsep leftmargin linewidth"),
    ("d", "", "textwidth"),
    ("d", "", "textheight columnsep fboxsep fboxrule arraycolsep belowcaptionskip"),
    ("d", "", "extrarowheight"),
    ("d", "", "abovecaptionskip intextsep hangafter looseness tolerance emergencystretch"),
    ("d", "", "penalty"),
    ("d", "", "clubpenalty widowpenalty hsize vsize hoffset voffset columnwidth paperwidth"),
    ("mm", "", "setlength addtolength setcounter addtocounter settowidth settoheight"),
    ("mm", "", "fontsize"),
    ("mm", "", "setkeys"),
    ("mmm", "", "definecolor"),
    ("mm", "", "colorlet setkomafont addtokomafont counterwithin numberwithin"),
    ("mm", "", "DeclareAcronym setbeamercolor setbeamerfont setbeamersize"),
    ("mom", "", "setbeamertemplate counterwithout"),
    ("*momo", "", "newtheorem"),
    ("ommm", "", "newacronym"),
    ("omm", "", "newglossaryentry renewacronym"),
    ("om", "", "color captionsetup lstset pgfplotsset tikzset tcbset hypersetup sisetup"),
    ("om", "", "setlist pagestyle thispagestyle pagenumbering pagecolor stepcounter"),
    (
        "om",
        "",
        "refstepcounter newcounter markright chead lhead rhead cfoot lfoot rfoot ihead ohead",
    ),
    ("om", "", "selectlanguage setstretch linespread usetikzlibrary usepgfplotslibrary"),
    ("om", "", "usepackage"),
    ("om", "", "RequirePackage documentclass usetheme usecolortheme vbadness"),
    ("om", "", "value"),
    ("m", "", "arabic roman alph Alph Roman fnsymbol pbsetup newsavebox usebox"),
    ("m", "", "pgfkeys newlength newtoggle toggletrue togglefalse"),
    ("om", "", "AtBeginDocument AtEndDocument tikzsetnextfilename"),
    ("mm", "", "markboth pgfmathsetmacro pgfmathsetlengthmacro pgfmathtruncatemacro"),
    ("mm", "", "sbox lstdefinestyle lstdefinelanguage psfrag"),
    ("m", "", "psset pgfdeclarelayer pgfsetlayers useasboundingbox"),
    ("om", "", "fancyhead fancyfoot fancyhf savebox"),
    ("omm", "", "rule"),
    ("om", "", "tikz chemfig qrcode pst Tree pgfuseplotmark"),
    ("m", "", "geometry newgeometry ding symbol"),
    ("o", "", "centering raggedright raggedleft noindent printbibliography printglossary"),
    ("o", "", "pause"),
    ("o", "", "printglossaries printacronyms nopagebreak nolinebreak allowbreak"),
    ("o", "", "onehalfspacing"),
    ("o", "", "listoftodos printnoidxglossary twocolumn onecolumn linenumbers qed qedhere"),
    ("", "", "bf it rm sl sc sf tt em bfseries itshape rmfamily slshape scshape sffamily"),
    ("", "", "ttfamily"),
    (
        "",
        "",
        "mdseries upshape normalfont tiny scriptsize footnotesize small normalsize large Large",
    ),
    (
        "",
        "",
        "LARGE huge Huge boldmath unboldmath indent relax protect null strut mathstrut leavevmode",
    ),
    (
        "",
        "",
        "singlespacing doublespacing frenchspacing nonfrenchspacing sloppy fussy samepage vfill",
    ),
    (
        "",
        "",
        "vfil hss vss ignorespaces unskip ignorespacesafterend begingroup endgroup bgroup egroup",
    ),
    (
        "",
        "",
        "makeatletter makeatother phantomsection FloatBarrier landscape fi else or empty nonumber",
    ),
    ("", "", "notag newblock endinput titlepage balance tightlist flushbottom raggedbottom"),
    (
        "",
        "",
        "restoregeometry columnbreak itemindent makegapedcells cleardoubleoddpage glsresetall",
    ),
    ("", "", "expandafter global long outer noexpand break nobreak goodbreak filbreak"),
    ("", "", "nolinenumbers bibname refname latintext"),
    ("M", "{0}", "centerline leftline rightline llap rlap clap smash"),
    # --- choices that are not evaluated
    ("mMM", "{0}{1}", "ifthenelse iftoggle ifbool ifboolexpr"),
    # --- slides and boxes
    ("oM", "{0}", "only uncover visible action"),
    ("M", "", "invisible"),
    ("MM", "{0}", "alt"),
    ("m", "", "column usebeamercolor usebeamerfont transdissolve"),
    ("", "", "onslide"),
    ("oM", PARAGRAPH + "{0}" + PARAGRAPH, "tcbsubtitle tcbtitle"),
    # --- linguistics and the humanities
    ("M", "{0}", "ipa"),
    # --- algorithms
    ("", BREAK, "State STATE Statex BState LState"),
    ("", BREAK + "Require: ", "Require REQUIRE"),
    ("", BREAK + "Ensure: ", "Ensure ENSURE"),
    ("", BREAK + "Input: ", "Input INPUT"),
    ("", BREAK + "Output: ", "Output OUTPUT"),
    ("", BREAK + "return ", "RETURN"),
    ("", "return ", "Return"),
    ("M", BREAK + "Input: {0}" + BREAK, "KwIn KwData"),
    ("M", BREAK + "Output: {0}" + BREAK, "KwOut KwResult"),
    ("M", "return {0}", "KwRet"),
    ("M", BREAK + "if {0} then" + BREAK, "If IF uIf eIf lIf"),
    ("M", BREAK + "else if {0} then" + BREAK, "ElsIf ELSIF ElseIf uElseIf"),
    ("", BREAK + "else" + BREAK, "Else ELSE uElse lElse"),
    ("M", BREAK + "for {0} do" + BREAK, "For FOR lFor"),
    ("M", BREAK + "for each {0} do" + BREAK, "ForAll FORALL ForEach"),
    ("M", BREAK + "while {0} do" + BREAK, "While WHILE"),
    ("M", BREAK + "until {0}", "Until UNTIL"),
    ("", BREAK + "repeat", "Repeat REPEAT"),
    ("MM", BREAK + "procedure {0}({1})" + BREAK, "Procedure"),
    ("MM", BREAK + "function {0}({1})" + BREAK, "Function"),
    ("MM", "{0}({1})", "Call"),
    ("M", " // {0}", "Comment COMMENT tcp tcc tcpas"),
    ("", BREAK, "EndIf ENDIF EndFor ENDFOR EndWhile ENDWHILE EndProcedure EndFunction"),
    ("", BREAK, "EndLoop"),
    ("mm", "", "SetKwInOut SetKwFunction SetKwData SetKwInput"),
    ("", "", "SetAlgoLined DontPrintSemicolon LinesNumbered SetAlgoNoLine SetAlgoNoEnd"),
    # --- definitions
    ("*moom", "", "newcommand renewcommand providecommand DeclareRobustCommand"),
    ("mmm", "", "NewDocumentCommand RenewDocumentCommand DeclareDocumentCommand"),
    ("mmm", "", "ProvideDocumentCommand"),
    ("*moomm", "", "newenvironment renewenvironment"),
    ("mmmm", "", "NewDocumentEnvironment RenewDocumentEnvironment"),
    ("*mm", "", "DeclareMathOperator"),
    ("*mmm", "", "DeclarePairedDelimiter"),
)

COMMANDS = {
    name: Command(arguments, template)
    for arguments, template, names in _TABLE
    for name in names.split()
}
