r"""What the commands of LaTeX and its packages leave in the text: a table.

Each row has the arguments, what is left, and the commands. Arguments: ``m`` one that must be given,
``g`` one in braces that may be missing, ``o`` one in brackets, ``p`` one in parentheses, ``*`` a
star, ``d`` a length and ``n`` a number without braces, ``r`` the lengths of a rule, ``b`` the size
of a box, ``t`` an option of which a title stays; an upper-case letter for those whose text stays:
``{0}`` is the first of them, and so on.
"""

from __future__ import annotations

from typing import NamedTuple

from latex_hook.text.private_use import BREAK, HIDDEN, PARAGRAPH


class Command(NamedTuple):
    """The arguments of a command, and what it leaves."""

    arguments: str
    template: str = ""


# fmt: off
_TABLE = (
    # --- fonts, boxes, colour: the text stays
    ("M", "{0}", """
        emph textbf textit textsl textsc texttt textrm textsf textup textmd textnormal text mbox
        underline uline uuline uwave hl lowercase uppercase MakeUppercase MakeLowercase
        MakeTextUppercase textsubscript textlining textosf spacedallcaps
        spacedlowsmallcaps allcaps smallcaps colhead newthought caps up strong code file
        textgreek textcyrillic textipa ch ce iupac ensuretext fbox frame alert structure textsw
        textin
    """),
    ("*oM", "{0}", "underbar term keyword concept"),
    ("ooM", "{0}", "framebox makebox"),
    ("mM", "{0}", "hyperlink hypertarget texorpdfstring replace"),
    ("mOM", BREAK + "{0} {1}" + BREAK, "acro"),
    ("mooM", "{0}", "raisebox"),
    ("oooomM", "{0}", "parbox"),
    ("*mmM", "{0}", "resizebox"),
    ("moM", "{0}", "scalebox"),
    ("omM", "{0}", "rotatebox textcolor colorbox foreignlanguage textlang adjustbox href"),
    ("omomM", "{0}", "fcolorbox"),
    ("oM", "{0}", """
        hyperref tcbox highlight textfrench textgerman textenglish textrussian textspanish
        textitalian textpolish
    """),
    ("oMM", "{0}{1}", "lettrine IEEEPARstart"),
    ("OMM", "{0} {1}/{2}", "unitfrac"),
    ("OM", "{1} {0}", "numprint np nombre"),
    ("bM", "{0}", "hbox vbox"),
    ("MM", "{0}/{1}", "nicefrac sfrac textfrac"),
    ("oMm", "{0}", "pdftooltip tooltip replaced pdfmarkupcomment"),
    ("mmM", "{0}", "discretionary"),
    ("oMM", "{0}/{1}", "xfrac"),
    ("MM", "{0} ({1})", "chemname ruby"),
    # --- what stands apart
    ("*ooM", PARAGRAPH + "{0}" + PARAGRAPH, """
        part chapter section subsection subsubsection addpart addchap addsec minisec frametitle
        framesubtitle title subtitle keywords
    """),
    ("*oM", PARAGRAPH + "{0}" + BREAK, "paragraph subparagraph"),
    ("ooM", " ({0})", "footnote footnotetext tablefootnote endnote pagenote"),
    ("ooMo", " ({0}) ", "graffito mnote marginpar sidenote marginnote marginalia sidepar"),
    ("oMM", PARAGRAPH + "{0}" + BREAK + "{1}" + PARAGRAPH, "epigraph"),
    ("OM", PARAGRAPH + "{1}" + BREAK + "{0}" + PARAGRAPH, "dictum"),
    ("om", PARAGRAPH, "column"),
    ("O", PARAGRAPH + "{0}" + PARAGRAPH, "twocolumn"),
    ("*o", PARAGRAPH, "pagebreak columnbreak newpage switchcolumn tableofcontents printindex"),
    ("", PARAGRAPH, """
        par clearpage cleardoublepage endgraf bigskip medskip smallskip maketitle
        listoffigures listoftables appendix frontmatter mainmatter backmatter glt glend
        tcblower
    """),
    ("o", " ", "pause"),
    ("", BREAK, "newline cr gll glll"),
    ("o", BREAK, "linebreak tabularnewline"),
    ("", " ", """
        quad qquad enspace thinspace medspace thickspace space hfill hfil dotfill hrulefill
        nobreakspace negthinspace enskip
    """),
    ("*MoM", PARAGRAPH + "Figure: {0}" + PARAGRAPH + "{1}" + PARAGRAPH, "subcaptionbox"),
    ("mM", "“{0}”", "foreignquote hyphenquote"),
    ("oomoM", "“{0}”", "textcquote blockcquote"),
    # --- tables
    ("mmM", "{0}", "multicolumn"),
    ("omomoM", "{0}", "multirow"),
    ("", "", "hline firsthline lasthline"),
    ("o", "", "toprule midrule bottomrule"),
    ("opm", "", "cmidrule"),
    ("m", "", "cline hhline noalign Xhline tnote"),
    ("o", "", "addlinespace"),
    ("mmm", "", "specialrule"),
    ("omoo", "", "rowcolor cellcolor columncolor SetCell SetRow SetColumn arrayrulecolor"),
    ("*ommm", "", "rowcolors"),
    ("M", BREAK + "{0}" + BREAK, "tablehead"),
    ("", BREAK, "startdata enddata"),
    # --- references and citations: numbers that nobody knows here; most are known by their names
    ("ppoomoogoogoog", HIDDEN, """
        cites Cites parencites Parencites textcites Textcites autocites Autocites footcites
        smartcites supercites
    """),
    ("*mm", HIDDEN, "crefrange Crefrange vrefrange"),
    ("omom", HIDDEN, "volcite Volcite pvolcite tvolcite avolcite fvolcite"),
    ("m", HIDDEN, "bibentry"),
    ("o", HIDDEN, "footnotemark"),
    # --- marks, notes of the author's, files, pictures
    ("om", "", """
        label nocite glossary index gindex sindex phantom hphantom vphantom hypersetup
        mycomment pdfcomment thanks glsadd glsreset glsunset include subfile subfileinclude
        bibliography bibliographystyle lstinputlisting verbatiminput VerbatimInput addbibresource
        graphicspath makeindex Description sout xout st deleted remove DIFdel DIFdelFL bibitem
        author date affiliation affil institute institution email address pdfinfo attachfile
        embedfile tikzmark faIcon
    """),
    ("*om", "", "todo missingfigure fxnote fxwarning fxerror fxfatal note"),
    ("*oom", HIDDEN, "includegraphics includestandalone includesvg includepdf epsffile epsfbox"),
    ("*mm", "", "import subimport inputfrom includefrom subinputfrom subincludefrom addtocontents"),
    ("*oomm", HIDDEN, "includemedia"),
    ("omm", "", "inputminted movie nomenclature"),
    ("mmm", "", "addcontentsline crefname Crefname crefalias"),
    ("m", "", """
        chaptermark sectionmark subsectionmark includeonly includeonlyframes
    """),
    ("om", "", "fontspec"),
    ("ommmm", "", "animategraphics"),
    ("*m", "", """
        bookmarksetup anchor hyphenation inputencoding UndefineShortVerb
        MakeShortVerb DeleteShortVerb excludeversion includeversion excludecomment includecomment
        fontfamily fontseries fontshape fontencoding shorthandoff shorthandon languageshorthands
        babelhyphenation MakeOuterQuote MakeInnerQuote MakeBlockQuote loadglsentries
    """),
    ("mmmm", "", "usefont"),
    ("om", "", """
        TODO FIXME fixme XXX lstMakeShortInline lstDeleteShortInline DefineShortVerb UseVerb
    """),
    ("mo", "", "newcounter"),
    ("*o", "", "linenumbers"),
    ("omg", "", "comment"),
    # --- layout
    ("r", "", "hrule vrule"),
    ("*m", "", "vspace addvspace enlargethispage needspace Needspace"),
    ("d", "", """
        vskip hskip kern mkern mskip vglue hglue raise lower moveleft moveright parindent parskip
        baselineskip topskip leftskip rightskip hangindent unitlength tabcolsep itemsep parsep
        topsep partopsep labelsep leftmargin linewidth textwidth textheight columnsep fboxsep
        fboxrule arraycolsep belowcaptionskip extrarowheight abovecaptionskip intextsep
        emergencystretch hsize vsize hoffset voffset columnwidth paperwidth
    """),
    ("n", "", """
        penalty clubpenalty widowpenalty interfootnotelinepenalty hyphenpenalty tolerance
        pretolerance hbadness vbadness hangafter looseness
    """),
    ("mm", "", """
        setlength addtolength setcounter addtocounter settowidth settoheight fontsize setkeys
        colorlet setkomafont addtokomafont defcitealias numberwithin DeclareAcronym setbeamercolor
        setbeamerfont setbeamersize markboth pgfmathsetmacro pgfmathsetlengthmacro
        pgfmathtruncatemacro sbox lstdefinestyle lstdefinelanguage psfrag
    """),
    ("mmm", "", "definecolor"),
    ("mom", "", "acrodef"),
    ("mog", "", "setbeamertemplate"),
    ("*mm", "", "counterwithin counterwithout"),
    ("*momo", "", "newtheorem"),
    ("ommm", "", "newacronym"),
    ("mmm", "", "longnewglossaryentry"),
    ("ommm", "", "printcontents"),
    ("omm", "", "newglossaryentry renewacronym rule DeclareSIUnit newtcbox"),
    ("omoom", "", "newtcolorbox renewtcolorbox"),
    ("moom", "", "savebox"),
    ("om", "", """
        color lstset tikzset tcbset pagenumbering pagecolor stepcounter refstepcounter markright
        selectlanguage linespread useshorthands babelprovide AtBeginSection AtBeginSubsection
        usetikzlibrary usepgfplotslibrary usepackage RequirePackage documentclass usetheme
        usecolortheme value AtBeginDocument AtEndDocument tikzsetnextfilename fancyhead
        fancyfoot fancyhf
    """),
    ("m", "", """
        arabic roman alph Alph Roman fnsymbol usebox toggletrue togglefalse psset useasboundingbox
        geometry docsvlist dolistloop ding symbol againframe acused typeout message special
    """),
    ("omm", "", "AddToHook AddToHookNext"),
    ("mm", "", """
        AtBeginEnvironment AtEndEnvironment BeforeBeginEnvironment AfterEndEnvironment appto preto
        gappto gpreto whiledo whileboolexpr unlessboolexpr forcsvlist forlistloop
    """),
    ("*m", "", "AtBeginShipout AtBeginShipoutNext AddToShipoutPicture AtPageUpperLeft"),
    ("mmmm", "", "forloop apptocmd pretocmd"),
    ("mmmmm", "", "patchcmd"),
    ("om", HIDDEN, "chemfig qrcode smartdiagram dirtree pie wheelchart"),
    ("o", HIDDEN, "Tree"),
    ("omooo", "", "floatbox"),
    ("o", "", """
        printbibliography printglossary printglossaries printacronyms nopagebreak nolinebreak
        listoftodos printnoidxglossary transdissolve
    """),
    ("", "", """
        bf it rm sl sc sf tt em bfseries itshape rmfamily slshape scshape sffamily ttfamily
        mdseries upshape normalfont tiny scriptsize footnotesize small normalsize large Large LARGE
        huge Huge boldmath unboldmath indent relax protect null strut mathstrut leavevmode
        singlespacing doublespacing frenchspacing nonfrenchspacing sloppy fussy samepage vfill vfil
        hss vss ignorespaces unskip ignorespacesafterend endgroup bgroup egroup
        makeatother centering raggedright raggedleft noindent allowbreak onehalfspacing onecolumn
        qed qedhere phantomsection FloatBarrier landscape fi else or empty nonumber
        notag newblock endinput titlepage balance tightlist flushbottom raggedbottom
        restoregeometry itemindent makegapedcells cleardoubleoddpage glsresetall expandafter global
        long outer noexpand break nobreak goodbreak filbreak nolinenumbers bibname refname
        latintext selectfont
    """),
    ("M", BREAK + "{0}" + BREAK, "centerline leftline rightline"),
    ("M", "{0}", "llap rlap clap smash"),
    # --- slides and boxes
    ("M", "", "invisible"),
    ("MM", "{0}", "alt"),
    ("m", "", "usebeamercolor usebeamerfont"),
    ("oM", PARAGRAPH + "{0}" + PARAGRAPH, "tcbsubtitle tcbtitle"),
    # --- linguistics and the humanities
    ("M", "{0}", "ipa"),
    # --- algorithms
    ("", BREAK, """
        State STATE Statex BState LState EndIf ENDIF EndFor ENDFOR EndWhile ENDWHILE EndProcedure
        EndFunction EndLoop
    """),
    ("", BREAK + "Require: ", "Require REQUIRE"),
    ("", BREAK + "Ensure: ", "Ensure ENSURE"),
    ("", BREAK + "Input: ", "Input INPUT"),
    ("", BREAK + "Output: ", "Output OUTPUT"),
    ("", BREAK + "return ", "RETURN Return"),
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
    ("*M", " // {0}" + BREAK, "Comment COMMENT tcp tcc tcpas"),
    ("mm", "", "SetKwInOut SetKwFunction SetKwData SetKwInput"),
    ("", "", "SetAlgoLined DontPrintSemicolon LinesNumbered SetAlgoNoLine SetAlgoNoEnd"),
    # --- definitions
    ("*moom", "", """
        newcommand renewcommand providecommand DeclareRobustCommand newrobustcmd renewrobustcmd
        newcommandx renewcommandx providecommandx newcolumntype
    """),
    ("mmm", "", """
        NewDocumentCommand RenewDocumentCommand DeclareDocumentCommand ProvideDocumentCommand
    """),
    ("*moomm", "", "newenvironment renewenvironment"),
    ("mmmm", "", "NewDocumentEnvironment RenewDocumentEnvironment"),
    ("*mm", "", "DeclareMathOperator"),
    ("*mmm", "", "DeclarePairedDelimiter"),
)
# fmt: on

COMMANDS = {
    name: Command(arguments, template)
    for arguments, template, names in _TABLE
    for name in names.split()
}
