r"""Terms of a glossary, as its package prints them: ``\gls{cpu}`` is what it says of cpu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latex_hook.text.preamble import Term

if TYPE_CHECKING:
    from latex_hook.text.reader import Reader

_GLOSSARY = {
    **dict.fromkeys(("gls", "Gls", "GLS", "ac", "Ac", "acs", "Acs", "glsentryshort"), "short"),
    **dict.fromkeys(("acrshort", "Acrshort", "glsentrytext", "glsentryname", "glsname"), "short"),
    **dict.fromkeys(("glstext", "glsxtrshort", "iac", "Iac", "glsfirst"), "short"),
    **dict.fromkeys(("glsfmttext", "glsfmtshort", "Glsxtrshort"), "short"),
    **dict.fromkeys(("Acp", "Acrshortpl", "glsxtrshortpl", "glsentryshortpl"), "short plural"),
    **dict.fromkeys(("glsfmtlong", "Glsxtrlong"), "long"),
    **dict.fromkeys(("glspl", "Glspl", "acp", "Acp", "acsp", "acrshortpl"), "short plural"),
    **dict.fromkeys(("acl", "Acl", "acrlong", "Acrlong", "glsentrylong", "glsxtrlong"), "long"),
    **dict.fromkeys(
        ("aclp", "acrlongpl", "glsxtrlongpl", "glsentrylongpl", "Aclp", "Acrlongpl"), "long plural"
    ),
    **dict.fromkeys(("glsdesc", "Glsdesc", "glsentrydesc"), "description"),
    **dict.fromkeys(("glssymbol", "glsentrysymbol"), "symbol"),
    **dict.fromkeys(("acf", "Acf", "acrfull", "Acrfull", "glsxtrfull"), "full"),
    **dict.fromkeys(("acfp", "Acfp", "acrfullpl", "Acrfullpl", "glsxtrfullpl"), "full plural"),
    **dict.fromkeys(("glslink", "glsdisp"), "shown"),
}


def _term(reader: Reader, word: str, at: int, end: int) -> int:
    kept, at = reader.arguments("*oM", at, end)
    span = kept[0]
    if span is None:
        return at
    key = reader.text[span.start : span.stop].strip()
    form = _GLOSSARY[word]
    if form == "shown":
        text, behind = reader.argument(at, end)
        reader.out.append(reader.said(text))
        return behind
    term = reader.agreed.terms.get(key) or Term(key, key)
    said = getattr(term, form.split()[0], "") or term.short
    if "plural" in form:
        said = term.plural or f"{said}s"
    said = reader.aside(said)
    if (close := reader.groups.end(at)) and reader.text.startswith("[", at):
        said += reader.said(slice(at + 1, close - 1))  # an ending
        at = close
    if "full" in form and term.long and term.long != term.short:
        said = f"{reader.aside(term.long)} ({said})"
    reader.out.append(said[:1].upper() + said[1:] if word[:1].isupper() else said)
    return at


GLOSSARY_COMMANDS = dict.fromkeys(_GLOSSARY, _term)
