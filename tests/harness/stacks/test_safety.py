import pytest

from harness.errors import SafetyError
from harness.stacks.safety import PUBLIC_SITES, refuse_unless_ours


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4000/x", "http://localhost/x", "http://127.0.0.12:80", "http://[::1]/"]
)
def test_url_of_this_machine_is_let_through(url: str) -> None:
    refuse_unless_ours(url)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "https://pizza.example/", "http://127.0.0.1.evil.example/", "x"])
def test_url_of_another_machine_is_refused_and_named(url: str) -> None:
    with pytest.raises(SafetyError, match="does not lead to this machine"):
        refuse_unless_ours(url)


@pytest.mark.parametrize("site", [*PUBLIC_SITES, "api.pizza.cs329.click"])
def test_public_pizza_site_is_refused_by_name(site: str) -> None:
    with pytest.raises(SafetyError, match="public pizza site"):
        refuse_unless_ours(f"https://{site}/api/support/key/report/code")
