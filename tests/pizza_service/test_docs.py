import pytest

from tests.pizza_service.kit import Site


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/", "/api/docs/anything/below"])
def test_docs_by_any_method_answer_version_endpoints_and_config(site: Site, method: str, path: str) -> None:
    reply = site.ask(method, path)
    assert reply.status_code == 200
    assert list(reply.json()) == ["version", "endpoints", "config"]
    assert reply.json()["version"] == "20240518.154317"
    assert reply.json()["config"] == {"factory": "http://factory.test", "db": "sqlite"}


def test_docs_describe_the_fifteen_endpoints_of_the_real_service(site: Site) -> None:
    endpoints = site.ask("GET", "/api/docs").json()["endpoints"]
    assert [(one["method"], one["path"], one.get("requiresAuth", False)) for one in endpoints] == [
        ("POST", "/api/auth", False),
        ("PUT", "/api/auth", False),
        ("DELETE", "/api/auth", True),
        ("GET", "/api/user/me", True),
        ("PUT", "/api/user/:userId", True),
        ("GET", "/api/order/menu", False),
        ("PUT", "/api/order/menu", True),
        ("GET", "/api/order", True),
        ("POST", "/api/order", True),
        ("GET", "/api/franchise?page=0&limit=10&name=*", False),
        ("GET", "/api/franchise/:userId", True),
        ("POST", "/api/franchise", True),
        ("DELETE", "/api/franchise/:franchiseId", True),
        ("POST", "/api/franchise/:franchiseId/store", True),
        ("DELETE", "/api/franchise/:franchiseId/store/:storeId", True),
    ]
    assert all(one["description"] and one["example"].startswith("curl ") and one["response"] for one in endpoints)


def test_docs_and_welcome_need_no_database(site: Site) -> None:
    site.database.trouble = "connect ECONNREFUSED 127.0.0.1:3306"
    assert site.ask("GET", "/api/docs").status_code == 200
    assert site.ask("GET", "/").status_code == 200
