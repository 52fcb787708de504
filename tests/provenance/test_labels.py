"""A label is added to a file of any form without a change to its pixels or to another part."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from marking_sandbox import described, signed
from PIL import Image, ImageCms, PngImagePlugin
from published import pixels, xmp
from stock import record_of

from latex_hook.bundle.plain_png import embeddable
from pbfigure.provenance.label import ALT_LIMIT, Label, label_of
from pbfigure.provenance.published_copies import labelled_bytes
from pbfigure.provenance.xmp_packet import without_xmp
from pbfigure.store.errors import BadRecord
from pbfigure.store.picture import Picture
from pbfigure.store.provenance_marks import Mark, mark_of
from pbfigure.store.record import read_record, write_record

COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
LABEL = Label("trainedAlgorithmicMedia", "PaperBanana pipeline", "task-1", "A pump")
TEXT = PngImagePlugin.PngInfo()
TEXT.add_itxt("Comment", "kept")
EXIF = Image.Exif()
EXIF[0x010E] = "kept"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FORMS = {
    "png": ("PNG", "RGB", {"pnginfo": TEXT, "dpi": (300, 300)}),
    "png with alpha": ("PNG", "RGBA", {}),
    "png with a palette": ("PNG", "P", {"transparency": 3}),
    "jpeg": ("JPEG", "RGB", {}),
    "jpeg with exif": ("JPEG", "CMYK", {"exif": EXIF, "comment": b"kept", "progressive": True}),
    "webp": ("WEBP", "RGB", {}),
    "lossless webp": ("WEBP", "RGB", {"lossless": True}),
    "lossless webp with alpha": ("WEBP", "RGBA", {"lossless": True}),
    "webp with alpha": ("WEBP", "RGBA", {}),
    "webp with exif": ("WEBP", "RGB", {"exif": EXIF, "icc_profile": PROFILE}),
}


def image(form: str) -> tuple[bytes, str]:
    kind, mode, options = FORMS[form]
    drawn = Image.effect_noise((41, 23), 90).convert(mode)
    if mode == "RGBA":
        drawn.putalpha(Image.effect_noise(drawn.size, 60))
    data = io.BytesIO()
    drawn.save(data, kind, **options)
    return data.getvalue(), kind.lower()


@pytest.mark.parametrize("form", FORMS)
def test_a_label_changes_nothing_else(form: str, tmp_path: Path) -> None:
    data, kind = image(form)
    assert mark_of(io.BytesIO(data), kind) is Mark.NONE
    labelled = labelled_bytes(data, kind, LABEL)
    assert mark_of(io.BytesIO(labelled), kind) is Mark.XMP
    assert pixels(labelled) == pixels(data)
    assert data in without_xmp(labelled, kind)
    assert labelled_bytes(labelled, kind, LABEL) == labelled
    path = tmp_path / f"labelled.{kind}"
    path.write_bytes(labelled)
    tags = xmp({"it": path})["it"]
    assert (tags["AISystemUsed"], tags["Identifier"]) == ("PaperBanana pipeline", "task-1")


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_any_alternative_text_has_room(kind: str, tmp_path: Path) -> None:
    alt = "]]> \x00\x1f\ud800 \ufffe &amp; " + "漢\U0001f34c " * 30_000
    data, _ = image(kind)
    path = tmp_path / f"labelled.{kind}"
    path.write_bytes(labelled_bytes(data, kind, LABEL._replace(alt=alt)))
    said = xmp({"it": path})["it"]["AltTextAccessibility"]
    assert said.startswith("]]>")
    assert said.endswith("…")
    assert ALT_LIMIT - 4 <= len(said) <= ALT_LIMIT


def test_a_bundle_leaves_a_signed_png_as_it_is_and_another_keeps_its_xmp(tmp_path: Path) -> None:
    data, _ = image("png with alpha")
    path = tmp_path / "picture.png"
    path.write_bytes(signed(data))
    assert embeddable(path, LABEL) == (path.read_bytes(), ".png")
    path.write_bytes(described(data))
    plain, _ = embeddable(path)
    assert plain != path.read_bytes()
    path.write_bytes(plain)
    assert xmp({"it": path})["it"]["Rights"] == "All mine"


def test_a_record_names_a_mark_that_there_is() -> None:
    record = record_of("it", Picture("0" * 64, 1, "png", 41, 23, Mark.C2PA))
    data = write_record(record)
    assert read_record(data).picture.mark is Mark.C2PA
    assert read_record(data.replace(b'"mark": "c2pa",', b"")).picture.mark is Mark.NONE
    with pytest.raises(BadRecord, match="mark: 'seal'"):
        read_record(data.replace(b'"c2pa"', b'"seal"'))


def test_a_picture_drawn_from_others_is_a_composite(tmp_path: Path) -> None:
    data, kind = image("png")
    record = record_of("it", Picture("0" * 64, 1, "png", 41, 23))
    record = record._replace(request=record.request._replace(scene="image-to-image"))
    path = tmp_path / "labelled.png"
    path.write_bytes(labelled_bytes(data, kind, label_of(record, "")))
    tags = xmp({"it": path})["it"]
    assert tags["DigitalSourceType"] == COMPOSITE
    assert tags["CreatorTool"] == "PaperBanana pipeline"
    assert "AltTextAccessibility" not in tags
