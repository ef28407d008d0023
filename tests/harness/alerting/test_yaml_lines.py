from datetime import timedelta
from pathlib import Path

import pytest

from harness.alerting.yaml_lines import Block, read
from harness.errors import ScenarioError


def block(folder: Path, text: str) -> Block:
    path = folder / "some.yaml"
    path.write_text(text, encoding="utf-8")
    return read(path, what="rule file")


def test_text_length_whole_and_texts_are_read_as_written(tmp_path: Path) -> None:
    read_block = block(tmp_path, "a: on\nb: 1m30s\nc: 7\nd: {severity: 1, empty: }\ne: 0\n")
    assert read_block.text("a") == "on"
    assert read_block.length("b", timedelta()) == timedelta(seconds=90)
    assert read_block.length("e", timedelta(hours=1)) == timedelta()
    assert read_block.length("nowhere", timedelta(hours=1)) == timedelta(hours=1)
    assert read_block.whole("c", 0) == 7
    assert read_block.texts("d") == {"severity": "1", "empty": ""}
    assert read_block.texts("nowhere") == {}


def test_json_with_tabs_is_read(tmp_path: Path) -> None:
    assert block(tmp_path, '{\n\t"a": "x",\n\t"b": [1, 2.5]\n}').numbers("b") == [1.0, 2.5]


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("a: [1", 1, "this is not YAML"),
        ("a: 1\n\tb: 2\n", 2, "this is not YAML"),
        ("", 1, "the rule file is empty"),
        ("- a\n", 1, "must be a mapping of keys to values, and is a list"),
        ("just words\n", 1, "and is 'just words'"),
        ("a: 1\nb: 2\na: 3\n", 3, "has 'a' twice"),
        ("[" * 500, 1, "brackets are nested more than 200 deep, which no rule file needs"),
        ("a: \x00\n", 1, "this is not YAML"),
        ("? [1]\n: 2\n", 1, "a key must be a text, and is a list"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=complaint) as refused:
        block(tmp_path, text)
    assert f"some.yaml:{line}: " in str(refused.value)
    assert "\n" not in str(refused.value)


def test_file_that_is_not_there_or_not_text_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"rule file .*none\.yaml cannot be read: No such file"):
        read(tmp_path / "none.yaml", what="rule file")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(ScenarioError, match="it is not UTF-8 text"):
        read(tmp_path / "latin.yaml", what="rule file")


def test_key_that_is_not_known_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"some\.yaml:2: .*unknown key 'exprs'. Did you mean 'expr'"):
        block(tmp_path, "name: x\nexprs: y\n").only(("name", "expr"))


def test_value_of_the_wrong_shape_is_refused_with_its_line(tmp_path: Path) -> None:
    read_block = block(tmp_path, "a: [1]\nb: soon\nc: -1\nd: text\ne: ''\nf: [x]\ng: 1234567890123\n")
    for complaint, reader in (
        ("1: .*, a: expected a text, found a list", lambda: read_block.text("a")),
        ("2: .*, b: 'soon' is not a duration", lambda: read_block.length("b", timedelta())),
        ("3: .*, c: '-1' is not a whole number", lambda: read_block.whole("c", 0)),
        ("4: .*, d must be a mapping", lambda: read_block.texts("d")),
        ("4: .*, d: expected a list", lambda: read_block.blocks("d", each="rule")),
        ("5: .*, e: is empty", lambda: read_block.text("e")),
        ("6: .*, f: expected a list of numbers", lambda: read_block.numbers("f")),
        ("7: .*, g: it has 13 digits", lambda: read_block.whole("g", 0)),
        ("1: .* has no 'nowhere'", lambda: read_block.text("nowhere")),
        ("1: .* has no 'nowhere'", lambda: read_block.block("nowhere")),
    ):
        with pytest.raises(ScenarioError, match=rf"some\.yaml:{complaint}"):
            reader()
