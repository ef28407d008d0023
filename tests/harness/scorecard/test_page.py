"""The heat map."""

from __future__ import annotations

import re
from pathlib import Path

from harness.scorecard.page import scorecard_page
from tests.harness.scorecard.made import FAILING, LOUD, QUIET, SLOW, broken_off, card


def test_page_has_a_cell_for_every_rule_at_every_trial(tmp_path: Path) -> None:
    page = scorecard_page(card(tmp_path, FAILING, SLOW, QUIET, LOUD), title="Scorecard of <rules>")
    cells = re.findall(r'<td class="(detected|false|missed|quiet)"[^>]*>([^<]*)<', page)
    assert cells == [
        ("detected", "30 s"), ("missed", "missed"),
        ("missed", "missed"), ("detected", "1 min"),
        ("quiet", ""), ("quiet", ""),
        ("false", "false alarm"), ("quiet", ""),
    ]  # fmt: skip
    assert "Scorecard of &lt;rules&gt;" in page


def test_quicker_detection_is_hotter(tmp_path: Path) -> None:
    page = scorecard_page(card(tmp_path, FAILING, SLOW), title="t")
    soon, late = (int(found) for found in re.findall(r'class="detected" style="--heat: (\d+)">\d', page))
    assert soon > late


def test_page_needs_nothing_else(tmp_path: Path) -> None:
    page = scorecard_page(card(tmp_path, FAILING), title="t")
    assert not re.search(r"""(src|href)=|url\(["']?http|@import""", page)


def test_page_names_what_was_broken_off_and_does_not_call_it_good(tmp_path: Path) -> None:
    good = "Everything that matters is noticed"
    assert good in scorecard_page(card(tmp_path, FAILING, SLOW), title="t")
    page = scorecard_page(card(tmp_path, FAILING, SLOW, broken_off("stale_dns")), title="t")
    assert "<li>broken off, so nothing is known of it: stale_dns: the tasks do not come back.</li>" in page
    assert good not in page
