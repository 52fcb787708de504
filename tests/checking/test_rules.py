"""What the check finds in pictures that a reader reads: each rule on a picture drawn for it."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import pytest
from labelled_pictures import picture, rows
from PIL import Image

from pbfigure.checking.checker import Checked, Checker
from pbfigure.checking.finding import Kind
from pbfigure.checking.spelling import Sources
from pbfigure.checking.tesseract_reader import TesseractReader
from pbfigure.figure.block import Appearance
from pbfigure.project.project import Project, open_project
from pbfigure.store.errors import BadPicture

TEXT = (
    "After annealing, the evolved encoder reads a multi-head attention map from the softmax layer."
)


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of these tests' own: a picture of several of them is read once."""
    return tmp_path_factory.mktemp("readings")


@pytest.fixture
def project(tmp_path: Path, readings: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PAPERBANANA_CACHE_DIR", str(readings))
    return open_project(tmp_path)


def check(
    project: Project, data: bytes, prompt: str = "", text: str = TEXT, **options: object
) -> Checked:
    path = project.root / "picture.png"
    path.write_bytes(data)
    checker = Checker(project, str(options.pop("reader", "tesseract")))
    return checker.picture(path, Sources(prompt, text), **options)  # type: ignore[arg-type]


def found(checked: Checked, kind: Kind) -> list[tuple[str, str]]:
    return [(each.word, each.suggestion) for each in checked.findings if each.kind == kind]


def test_misspelt_labels_are_found_and_right_ones_in_any_form_are_not(project: Project) -> None:
    labels = rows("Aneling", "Evovled encoders", "SoftmaxLayer", "Attention heads", "Reservoir")
    checked = check(project, picture(labels))
    assert found(checked, Kind.MISSPELT) == [("Aneling", "annealing"), ("Evovled", "evolved")]
    (first, *_) = checked.findings
    assert first.box is not None
    assert abs(first.box.left - 80) < 12, "the box is where the word is drawn"


def test_a_word_of_no_source_is_for_the_eye_unless_it_is_no_word_at_all(project: Project) -> None:
    checked = check(project, picture(rows("Thermocline", "Qwen", "Temprature")))
    assert found(checked, Kind.MISSPELT) == [("Temprature", "temperature")]
    assert set(checked.unsourced) == {"Thermocline", "Qwen", "Temprature"}


def test_words_to_ignore_are_left_alone_whatever_is_said_of_them(project: Project) -> None:
    data = picture(rows("Aneling", "Evovled"))
    checked = check(project, data, ignore=["aneling"])
    assert found(checked, Kind.MISSPELT) == [("Evovled", "evolved")]


def test_a_title_that_is_drawn_twice_is_found(project: Project) -> None:
    labels = rows("Overview of annealing", "Encoder", "Encoder", "Overview of annealing")
    assert found(check(project, picture(labels)), Kind.REPEATED) == [("Overview of annealing", "")]
    prompt = "Overview of annealing above, overview of annealing below"
    assert not found(check(project, picture(labels), prompt), Kind.REPEATED)


def test_instructions_that_are_printed_as_labels_are_found(project: Project) -> None:
    labels = rows("Sage Green Encoder", "16:9", "Red valve", "Sans serif")
    prompt = "An encoder in sage green with a red valve, sans serif, 16:9"
    words = [word for word, _ in found(check(project, picture(labels), prompt), Kind.STYLE)]
    assert words == ["Sage Green", "16:9", "Sans serif"]
    text = "The sage green sandstone lies below."
    words = [word for word, _ in found(check(project, picture(labels), prompt, text), Kind.STYLE)]
    assert "Sage Green" not in words, "it is what the text is about"


@pytest.mark.parametrize(
    ("appearance", "is_small"),
    [
        (Appearance(width=1200), False),  # 30 px
        (Appearance(width=480), False),  # 12 px
        (Appearance(width=280), True),  # 7 px
        (Appearance(scale=0.2), True),  # 7 px
        (Appearance(width=345, unit="pt"), False),  # 8.6 pt
        (Appearance(width=180, unit="pt"), True),  # 4.5 pt
    ],
)
def test_text_is_too_small_where_it_is_shown_too_narrow(
    project: Project, appearance: Appearance, is_small: bool
) -> None:
    data = picture(rows("Annealing", "encoder map"))
    checked = check(project, data, appearance=appearance)
    assert bool(found(checked, Kind.SMALL_TEXT)) == is_small


def test_the_size_of_text_is_measured_in_the_font_whatever_its_letters(project: Project) -> None:
    data = picture(rows("annex", "Bold", "syrup", "Jumping"))
    texts = [each.text for each in check(project, data, appearance=Appearance(width=200)).findings]
    sizes = [float(text.split(" is ")[1].split()[0]) for text in texts if " px high" in text]
    assert len(sizes) == 4
    assert all(4.3 < size < 5.8 for size in sizes), sizes  # 30 px, shown at a sixth


@pytest.mark.parametrize(
    ("colour", "behind", "is_poor"),
    [
        ("#767676", "#ffffff", False),  # 4.54:1
        ("#8a8a8a", "#ffffff", True),  # 3.45:1
        ("#ffffff", "#2f5d8a", False),
        ("#b0b8c4", "#dbe9f6", True),
    ],
)
def test_contrast_is_that_of_wcag(
    project: Project, colour: str, behind: str, is_poor: bool
) -> None:
    data = picture(rows("Annealing"), colour=colour, behind=behind)
    assert bool(found(check(project, data), Kind.CONTRAST)) == is_poor


def test_words_at_the_border_are_cut_off(project: Project) -> None:
    data = picture([("Annealing", (80, 100)), ("Attention", (1085, 300))])
    assert [word for word, _ in found(check(project, data), Kind.CUT_OFF)]
    assert not found(check(project, picture(rows("Annealing"))), Kind.CUT_OFF)


def test_an_empty_picture_and_one_of_another_shape_are_found(project: Project) -> None:
    asked = {"aspect_ratio": "16:9", "resolution": "2K"}
    findings = check(project, picture([], size=(1000, 1000)), asked=asked).findings
    assert [each.kind for each in findings] == [Kind.EMPTY, Kind.SHAPE, Kind.SHAPE]
    data = picture(rows("Annealing"), size=(2048, 1152))
    assert not check(project, data, asked=asked).findings


def test_a_german_picture_is_judged_by_german_words(project: Project) -> None:
    text = "Die Kreiselpumpe fördert Kühlwasser durch den Wärmetauscher; das Laufrad dreht sich."
    labels = rows("Kühlwasser", "Wärmetascher", "Laufräder", "Gehäuse", "Dichtung")
    german = Appearance(language="de_CH")
    checked = check(project, picture(labels), text=text, appearance=german)
    assert found(checked, Kind.MISSPELT) == [("Wärmetascher", "Wärmetauscher")]


def test_where_there_is_no_dictionary_only_the_sources_are_gone_by(project: Project) -> None:
    text = "El intercambiador calienta el agua; la bomba la mueve."
    labels = rows("Intercambiadores", "Agua caliente", "Intecambiador", "Bombas")
    spanish = Appearance(language="es")
    checked = check(project, picture(labels), text=text, appearance=spanish)
    assert found(checked, Kind.MISSPELT) == [("Intecambiador", "intercambiador")]


def test_a_picture_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = open_project(tmp_path)
    data = picture(rows("Aneling"))
    first = check(project, data)
    (kept,) = (project.cache_folder / "readings").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    reading = "pbfigure.checking.tesseract_reader.TesseractReader.read"
    monkeypatch.setattr(reading, None)
    assert check(project, data) == first
    kept.write_bytes(b"[1]")
    with pytest.raises(TypeError):
        check(project, data)


@pytest.mark.soak
def test_the_better_reader_finds_the_same(project: Project) -> None:
    labels = rows("Aneling", "Evovled encoders", "Attention heads")
    checked = check(project, picture(labels), reader="rapidocr")
    assert found(checked, Kind.MISSPELT) == [("Aneling", "annealing"), ("Evovled", "evolved")]


@pytest.mark.parametrize("kind", ["EPS", "TIFF", "BMP", "GIF"])
def test_only_what_the_service_draws_is_opened(project: Project, kind: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, kind)
    with pytest.raises(BadPicture, match="neither PNG"):
        check(project, file.getvalue())


def test_a_picture_of_too_many_pixels_is_not_decoded(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pbfigure.store.decoding.PIXEL_LIMIT", 100)
    with pytest.raises(BadPicture, match="the limit is 100"):
        check(project, picture(rows("Annealing")))


def test_the_engine_is_told_no_key_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERBANANA_API_KEY", "a-planted-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-planted-secret")
    seen = {}
    run = subprocess.run

    def watched(*arguments: Any, **options: Any) -> Any:
        seen.update(options["env"])
        return run(*arguments, **options)

    monkeypatch.setattr(subprocess, "run", watched)
    image = Image.open(io.BytesIO(picture(rows("Annealing")))).convert("RGB")
    assert [word.text for word in TesseractReader("en").read(image)] == ["Annealing"]
    assert seen
    assert not [value for value in seen.values() if "planted" in value]
