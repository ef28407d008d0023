from importlib.metadata import version
from pathlib import Path

from harness.versions import described_version

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def checkout(directory: Path, head: str, **files: str) -> Path:
    for name, text in {"HEAD": head, **files}.items():
        path = directory / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


def test_version_names_the_commit_of_a_branch(tmp_path: Path) -> None:
    at = checkout(tmp_path, "ref: refs/heads/main\n", **{"refs/heads/main": f"{COMMIT}\n"})
    assert described_version(at) == f"{version('pizza-chaos')} (commit 0123456789)"


def test_version_names_the_commit_of_a_packed_branch_and_of_a_loose_head(tmp_path: Path) -> None:
    packed = checkout(tmp_path / "a", "ref: refs/heads/main", **{"packed-refs": f"# pack\n{COMMIT} refs/heads/main\n"})
    assert "(commit 0123456789)" in described_version(packed)
    assert "(commit 0123456789)" in described_version(checkout(tmp_path / "b", COMMIT))


def test_version_outside_a_checkout_is_a_number(tmp_path: Path) -> None:
    assert described_version(tmp_path) == version("pizza-chaos")
    assert described_version(checkout(tmp_path, "ref: refs/heads/gone")) == version("pizza-chaos")
