"""Settings: one list, five layers, and one clear error where something is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pbfigure.project.environment import environment_layer
from pbfigure.project.settings import SETTINGS, Layer, SettingError, Settings, gather
from pbfigure.project.settings_file import toml_layer

VALUES: dict[str, tuple[Any, Any, Any]] = {
    # setting: (as the default, as written weakly, as written strongly)
    "mode": ("generate", "offline", "frozen"),
    "on_text_change": ("keep", "regenerate", "keep"),
    "on_failure": ("warn", "error", "warn"),
    "max_credits": (100.0, "200", "50.5"),
    "max_credits_per_day": (None, "200", "none"),
    "on_save": ("hold", "generate", "hold"),
    "requests_per_minute": (60, "30", "120"),
    "task_timeout": (900.0, "15 min", "20"),
    "build_timeout": (None, "1 hour", "none"),
    "retry_failed_after": (86_400.0, "2 days", "0"),
    "allow_drafts": (False, "yes", "no"),
    "style": (None, "In  grey", "none"),
    "shared_cache": (None, "file:///srv/figures", "none"),
    "shared_write": ("all", "ci", "none"),
}


def layers(folder: Path, **values: dict[str, Any]) -> list[Layer]:
    return [Layer(values[name], name + ": {}", folder) for name in sorted(values)]


def read(folder: Path, **values: dict[str, Any]) -> Settings:
    return gather(layers(folder, **values), figures_dir=folder / "default")


def test_settings_do_not_change() -> None:
    settings = Settings(mode="offline")
    with pytest.raises(AttributeError):
        settings.mode = "generate"
    assert settings.replace(mode="generate").mode == "generate"
    assert settings.mode == "offline"


@pytest.mark.parametrize("name", VALUES)
def test_the_stronger_layer_wins_and_the_default_stands_without_any(
    name: str, tmp_path: Path
) -> None:
    default, weak, strong = VALUES[name]
    assert getattr(read(tmp_path), name) == default
    only_weak = getattr(read(tmp_path, b={name: weak}), name)
    only_strong = getattr(read(tmp_path, a={name: strong}), name)
    assert getattr(read(tmp_path, a={name: strong}, b={name: weak}), name) == only_strong
    assert only_weak != only_strong


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("HTTPS://Open.Example.org:443/Api/v1/", "https://open.example.org/Api/v1"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("https://example.org:0443/v1", "https://example.org/v1"),
        ("https://example.org:/v1", "https://example.org/v1"),
        ("http://[::1]:80/v1", "http://[::1]/v1"),
    ],
)
def test_one_service_has_one_address(written: str, read_as: str, tmp_path: Path) -> None:
    assert read(tmp_path, a={"base_url": written}).base_url == read_as


def test_every_setting_is_declared_with_help_and_read_into_a_field() -> None:
    assert list(SETTINGS) == list(vars(Settings()))
    assert {name: setting.name for name, setting in SETTINGS.items()} == {n: n for n in SETTINGS}
    assert all(setting.help for setting in SETTINGS.values())


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("mode", "ofline", "did you mean 'offline'?"),
        ("on_failure", "explode", "warn, error"),
        ("max_credits", "-1", "a number from 0 to 999,999,999"),
        ("max_credits", "nan", "a number from 0 to 999,999,999"),
        ("requests_per_minute", "0", "a whole number from 1 to 999,999"),
        ("task_timeout", "soon", "'15 min'"),
        ("task_timeout", "0 min", "a time over 0"),  # no picture would ever be fetched
        ("allow_drafts", "perhaps", "true or false"),
        ("defaults", "resolution", "resolution=2K"),
        ("defaults", {"resolution": "3K"}, "1K, 2K, 4K"),
        ("defaults", {"resolutoin": "2K"}, "did you mean 'resolution'?"),
        ("defaults", {"prompt": "x"}, "is not an option that can have a default"),
        ("base_url", "http://example.com/api", "http:// only to this machine"),
        ("base_url", "https://me:secret@example.com", "without user name"),
        ("base_url", "ftp://example.com", "https://"),
        ("base_url", "https://example.com:99999", "https://"),
        ("shared_cache", "figures", "the address of a store: s3://…"),
        ("shared_cache", "ftp://example.com/x", "the address of a store"),
        ("shared_cache", 10, "the address of a store"),
        ("shared_cache", "s3://", "the address of a store"),
        ("shared_cache", "https://[::1", "the address of a store"),
        ("shared_cache", "file://relative/folder", "the address of a store"),
        ("shared_cache", "s3://me:secret@bucket/x", "credentials come from the environment"),
        ("shared_cache", "https://example.com/x?sig=secret", "AWS_ACCESS_KEY_ID and the like"),
        ("shared_write", "everybody", "all, ci, none"),
    ],
)
def test_a_wrong_value_names_its_origin_and_what_it_takes(
    name: str, value: object, takes: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingError) as caught:
        read(tmp_path, origin={name: value})
    assert f"origin: {name}: " in str(caught.value)
    assert takes in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_unknown_setting_is_told_the_nearest_right_name(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"modes: there is no such setting; did you mean 'mode'"):
        read(tmp_path, origin={"modes": "offline"})


def test_a_mistyped_environment_variable_is_an_error(tmp_path: Path) -> None:
    layer = environment_layer({"PAPERBANANA_MAX_CREDIT": "5", "OTHER": "1"}, tmp_path)
    with pytest.raises(SettingError, match=r"PAPERBANANA_MAX_CREDIT.*did you mean 'max_credits'"):
        gather([layer], figures_dir=tmp_path)


@pytest.mark.parametrize("name", ["PAPERBANANA_API_KEY", "PAPERBANANA_SHARED_SECRET"])
def test_a_secret_in_the_environment_is_no_setting(name: str, tmp_path: Path) -> None:
    layer = environment_layer({name: "sk-team-1"}, tmp_path)
    assert not layer.values


def test_paths_are_relative_to_where_they_are_written(tmp_path: Path) -> None:
    settings = gather(
        [
            Layer({"cache_dir": "mine"}, "{}", tmp_path / "here"),
            Layer({"figures_dir": "../figures"}, "{}", tmp_path / "there"),
        ],
        figures_dir=tmp_path,
    )
    assert settings.cache_dir == tmp_path / "here" / "mine"
    assert settings.figures_dir is not None
    assert settings.figures_dir.resolve() == tmp_path / "figures"


def test_an_empty_figures_dir_is_off(tmp_path: Path) -> None:
    assert read(tmp_path, a={"figures_dir": ""}).figures_dir is None


def test_a_variable_that_is_set_to_nothing_is_not_set(tmp_path: Path) -> None:
    names = ("PAPERBANANA_MODE", "PAPERBANANA_BASE_URL", "PAPERBANANA_FIGURES_DIR")
    layer = environment_layer(dict.fromkeys(names, ""), tmp_path)
    assert layer.values == {"figures_dir": ""}


def test_defaults_are_given_as_mapping_json_or_pairs(tmp_path: Path) -> None:
    for written in (
        {"resolution": "2K", "google_search": True},
        '{"resolution": "2K", "google-search": true}',
        "resolution=2K google-search=true",
    ):
        settings = read(tmp_path, a={"defaults": written})
        assert settings.defaults == {"resolution": "2K", "google-search": "true"}


class TestToml:
    def test_the_nearest_file_up_to_the_repository_root_counts(self, tmp_path: Path) -> None:
        (tmp_path / "paperbanana.toml").write_text('mode = "frozen"\n')
        repository = tmp_path / "repository"
        docs = repository / "docs" / "source"
        docs.mkdir(parents=True)
        (repository / ".git").mkdir()
        assert toml_layer(docs) is None, "what is above the repository is somebody else's"
        (repository / "paperbanana.toml").write_text('mode = "offline"\n')
        found = toml_layer(docs)
        assert found is not None
        assert found.values == {"mode": "offline"}
        assert found.folder == repository

    def test_a_byte_order_mark_is_no_part_of_it(self, tmp_path: Path) -> None:
        (tmp_path / "paperbanana.toml").write_text('mode = "frozen"\n', encoding="utf-8-sig")
        assert toml_layer(tmp_path).values == {"mode": "frozen"}  # type: ignore[union-attr]

    def test_without_a_repository_only_the_document_s_folder_is_looked_at(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "paperbanana.toml").write_text("")
        (tmp_path / "docs").mkdir()
        assert toml_layer(tmp_path / "docs") is None
        assert toml_layer(tmp_path) is not None

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ('base_url = "https://example.com"', "a document's own files cannot set it"),
            ('cache_dir = "cache"', "a document's own files cannot set it"),
            ('shared_cache = "s3://of-a-stranger"', "a document's own files cannot set it"),
            ('shared_write = "all"', "a document's own files cannot set it"),
            ('shared_secret = "x"', "there is no such setting"),
            ('api_key = "sk-team-x"', "the key comes from PAPERBANANA_API_KEY alone"),
            ("mode = ", "cannot be read"),
        ],
    )
    def test_what_it_may_not_say_is_refused(self, text: str, told: str, tmp_path: Path) -> None:
        (tmp_path / "paperbanana.toml").write_text(text)
        with pytest.raises(SettingError, match=told) as caught:
            gather([layer for layer in [toml_layer(tmp_path)] if layer], figures_dir=tmp_path)
        assert "sk-team-x" not in str(caught.value)

    @pytest.mark.parametrize("name", ["base_url", "cache_dir", "shared_cache"])
    def test_no_document_names_the_service_or_a_cache(self, name: str, tmp_path: Path) -> None:
        layer = Layer({name: "https://example.com"}, "\\pbsetup: {}", tmp_path, within=tmp_path)
        with pytest.raises(SettingError, match="a document's own files cannot set it"):
            gather([layer], figures_dir=tmp_path)

    def test_its_paths_stay_within_the_repository(self, tmp_path: Path) -> None:
        (tmp_path / "paperbanana.toml").write_text('figures_dir = "../elsewhere"\n')
        layer = toml_layer(tmp_path)
        assert layer is not None
        with pytest.raises(SettingError, match="not a path within"):
            gather([layer], figures_dir=tmp_path)

    @pytest.mark.parametrize(
        "folder", [".git/refs/heads", ".env", "docs/.cache", "link", "loop", "loop/x"]
    )
    def test_no_document_names_a_hidden_folder_to_write_to(
        self, folder: str, tmp_path: Path
    ) -> None:
        (tmp_path / ".git/refs").mkdir(parents=True)
        (tmp_path / "link").symlink_to(".git/refs")
        (tmp_path / "loop").symlink_to("loop")
        (tmp_path / "paperbanana.toml").write_text(f'figures_dir = "{folder}"\n')
        setup = Layer({"figures_dir": folder}, "\\pbsetup: {}", tmp_path, within=tmp_path)
        for layer in (toml_layer(tmp_path), setup):
            with pytest.raises(SettingError, match="that is not hidden there"):
                gather([layer], figures_dir=tmp_path)

    def test_a_document_in_a_hidden_folder_keeps_its_figures_beside_it(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / ".git").mkdir()
        copy = tmp_path / ".tox/docs"
        copy.mkdir(parents=True)
        (copy / "paperbanana.toml").write_text('figures_dir = "figures"\n')
        read = gather([toml_layer(copy)], figures_dir=copy)
        assert read.figures_dir == copy / "figures"

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("max_credits = " + "9" * 400, "a number of more than 30 characters"),
            ('max_credits = "' + "9" * 400 + '"', "not a number from 0 to"),
            ('task_timeout = "' + "9" * 400 + '"', "not a time such as"),
            ('task_timeout = "999999999 weeks"', "not a time such as"),
            ('figures_dir = "~nosuchuser/figures"', "not a path"),
            ('figures_dir = "' + "x" * 5_000 + '"', "not a path"),
            ('mode = "' + "x" * 50_000 + '"', "not one of generate"),
            ("x" * 50_000 + " = 1", "there is no such setting"),
            ("mode = {a = {b = {c = 1}}}", "not one of generate"),
            ("defaults = {resolution = {a = 1}}", "defaults"),
            ("a." * 30_000 + "b = 1", "nests deeper than 16"),
            ("# " + "x" * 64_000, "64,000 bytes"),
        ],
    )
    def test_whatever_it_holds_is_one_line_for_its_author(
        self, text: str, told: str, tmp_path: Path
    ) -> None:
        (tmp_path / "paperbanana.toml").write_text(text)
        with pytest.raises(SettingError, match=told):
            gather([toml_layer(tmp_path)], figures_dir=tmp_path)

    def test_deep_nesting_is_an_error_like_any_other(self, tmp_path: Path) -> None:
        (tmp_path / "paperbanana.toml").write_text("mode=" + "[" * 100_000)
        with pytest.raises(SettingError, match="cannot be read"):
            toml_layer(tmp_path)


def test_a_key_written_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    key = "sk-team-SECRET"
    for values in ({"mode": key}, {"defaults": {"model": key}}, {key: "x"}):
        with pytest.raises(SettingError) as caught:
            read(tmp_path, origin=values)
        assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [({}, None), ({"max_credits": "5"}, 5.0), ({"base_url": "https://example.org"}, 100.0)],
)
def test_the_default_budget_is_for_what_costs_something(
    layer: dict[str, str], expected: float | None, tmp_path: Path
) -> None:
    sandbox = {"base_url": "http://127.0.0.1:8080/api/v1"}
    assert read(tmp_path, a=layer, b=sandbox).max_credits == expected
