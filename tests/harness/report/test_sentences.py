from typing import Any, get_args

import msgspec
import msgspec.inspect
import pytest

from harness.events import AnyEvent, Event, Hurt
from harness.report.sentences import sentence, shortened
from tests.harness.checks.stories import REPORT_URL, night, t


def test_shortened_links_hide_what_may_be_a_key() -> None:
    assert shortened(f"opened {REPORT_URL}: 200") == "opened http://127.0.0.1:4000/…/fix123: 200"
    assert shortened("see http://127.0.0.1:4000 and http://127.0.0.1/x") == (
        "see http://127.0.0.1:4000 and http://127.0.0.1/…/x"
    )


def test_sentence_of_every_event_of_the_night_says_more_than_its_name() -> None:
    for event in night():
        assert " " in sentence(event), event


@pytest.mark.parametrize("kind", get_args(AnyEvent), ids=lambda kind: kind.__name__)
def test_sentence_exists_for_every_event_there_is(kind: type[Event]) -> None:
    said = sentence(kind(**{field.name: _some(field) for field in msgspec.structs.fields(kind)}))
    assert " " in said


def _some(field: msgspec.structs.FieldInfo) -> Any:
    """Make up a value of a field's type."""
    shape = msgspec.inspect.type_info(field.type)
    match shape:
        case msgspec.inspect.LiteralType(values):
            return values[0]
        case msgspec.inspect.DateTimeType():
            return t("05:24")
        case msgspec.inspect.ListType():
            return []
        case msgspec.inspect.VarTupleType():
            return ()
        case msgspec.inspect.DictType():
            return {}
        case msgspec.inspect.UnionType():
            return None
        case msgspec.inspect.StrType():
            return "some text"
        case _:
            return 1


def test_sentence_of_a_request_names_error_and_cause() -> None:
    told = [sentence(event) for event in night() if getattr(event, "cause", "") == "connection refused"]
    assert told[0].endswith("after 120 ms: 500: failed to fetch (connection refused)")


def test_sentence_of_hits_names_the_first_of_them() -> None:
    which = tuple(f"GET /{number} on connection 1" for number in range(2, 9))
    hurt = Hurt(at=t("05:24"), trouble="factory/http_status", what="more of the same: 7", times=7, which=which)
    assert sentence(hurt) == (
        "factory/http_status hurt more of the same: 7, as GET /2 on connection 1; GET /3 on connection 1; "
        "GET /4 on connection 1"
    )


def test_no_sentence_tells_the_vendors_key() -> None:
    assert not any("vendor-key" in sentence(event) for event in night())
