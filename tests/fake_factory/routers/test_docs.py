import pytest

from tests.fake_factory.twin import Twin


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_docs_by_any_method_list_the_18_endpoints(twin: Twin, method: str) -> None:
    reply = twin.send(method, "/api/docs")
    assert reply.status_code == 200
    docs = reply.json()
    assert list(docs) == ["message", "version", "endpoints"]
    assert (docs["message"], docs["version"]) == ("welcome to JWT Pizza Factory", "20240518.154317")
    assert len(docs["endpoints"]) == 18
    for endpoint in docs["endpoints"]:
        assert list(endpoint) == ["method", "path", "requiresAuth", "description", "example", "response"]


def test_docs_claim_a_key_is_needed_exactly_where_one_is(twin: Twin) -> None:
    for endpoint in twin.send("GET", "/api/docs").json()["endpoints"]:
        reply = twin.send(endpoint["method"], endpoint["path"].replace(":type", "fail"), json={"id": "local-vendor"})
        asks_for_key = reply.json() == {"message": "invalid authentication"} if reply.text[:1] == "{" else False
        assert asks_for_key == endpoint["requiresAuth"], endpoint["path"]
