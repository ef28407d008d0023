from tests.fake_factory.twin import VENDOR, Twin


def test_badge_that_was_drawn_can_be_seen_by_anybody(twin: Twin) -> None:
    path = "/api/badge/student-3/cov.erage"
    drawn = twin.send("POST", f"{path}?label=Tests&value=%3C80%25%3E&color=green", headers=VENDOR)
    assert (drawn.status_code, drawn.json()) == (200, {"url": "http://factory.test:4000/api/badge/student3/coverage"})
    seen = twin.send("GET", drawn.json()["url"])
    assert seen.headers["content-type"] == "image/svg+xml"
    assert "<title>Tests: &lt;80%&gt;</title>" in seen.text
    assert 'fill="green"' in seen.text


def test_badge_without_a_key_is_not_drawn(twin: Twin) -> None:
    reply = twin.send("POST", "/api/badge/student3/coverage")
    assert (reply.status_code, reply.json()) == (401, {"message": "invalid authentication"})


def test_badge_nobody_drew_says_so(twin: Twin) -> None:
    reply = twin.send("GET", "/api/badge/student3/coverage")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
    assert "Not Found" in reply.text
