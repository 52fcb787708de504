"""The label of a published picture: XMP that says, for programs, that it was made by generative AI.

The terms are IPTC's (Photo Metadata Standard): the digital source type is what search engines,
publishers and social networks read. The same picture and alternative text make the same bytes;
:mod:`pbfigure.provenance.xmp_packet` puts them into a picture's file.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pbfigure.figure.wording import shortened
from pbfigure.store.record import Record

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED, COMPOSITE = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"
ALT_LIMIT = 1_000
"""Characters of the alternative text; ours: a JPEG's XMP has room for 65,502 bytes in all."""
_NO_XML = r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""What XML 1.0 cannot hold, in whatever form."""
_PACKET = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
   <Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>
   <Iptc4xmpExt:AISystemUsed>{generator}</Iptc4xmpExt:AISystemUsed>
   <xmp:CreatorTool>{generator}</xmp:CreatorTool>
{task}{alt}  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
_TASK = "   <dc:identifier>{}</dc:identifier>\n"
_ALT = """\
   <Iptc4xmpCore:AltTextAccessibility>
    <rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt>
   </Iptc4xmpCore:AltTextAccessibility>
"""


class Label(NamedTuple):
    """What a copy says of its picture."""

    source_type: str
    """IPTC's term."""
    generator: str
    task_id: str
    """The service's; empty if it is not known."""
    alt: str
    """Empty for a picture that is decoration."""

    def packet(self) -> bytes:
        """Return the label as an XMP packet."""
        text = _PACKET.format(
            source_type=SOURCE_TYPES + self.source_type,
            generator=_xml(self.generator),
            task=_TASK.format(_xml(self.task_id)) if self.task_id else "",
            alt=_ALT.format(_xml(shortened(self.alt, ALT_LIMIT))) if self.alt else "",
        )
        return text.encode("utf-8", "replace")


def label_of(record: Record | None, alt: str) -> Label:
    """Return the label of a record's picture; without one, it says no more than generative AI."""
    if record is None:
        return Label(TRAINED, "PaperBanana", "", alt)
    is_composite = record.request.is_image_to_image
    generator = "PaperBanana sandbox (draft)" if record.draft else f"PaperBanana {record.model}"
    return Label(COMPOSITE if is_composite else TRAINED, generator, record.task_id, alt)


def _xml(text: str) -> str:
    from html import escape  # most builds have their labels

    return escape(re.sub(_NO_XML, " ", text), quote=False)
