import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fake_factory.settings import Settings
from tests.fake_factory.twin import Twin


def test_app_with_its_own_keys_takes_those_only(key: RSAPrivateKey) -> None:
    twin = Twin(Settings(key=key, vendor_key="mine", admin_key="boss"))
    assert twin.order(headers={"Authorization": "Bearer mine"}).status_code == 200
    assert twin.order().status_code == 401
    assert twin.send("GET", "/api/admin/vendors", headers={"Authorization": "boss"}).status_code == 200


@pytest.mark.slow
def test_app_without_a_key_makes_its_own() -> None:
    apps = [Twin(Settings()) for _ in range(2)]
    keys = [app.send("GET", "/.well-known/jwks.json").json()["keys"][0]["n"] for app in apps]
    assert keys[0] != keys[1]


@pytest.mark.slow
def test_package_imports_nothing_of_the_harness_or_the_service() -> None:
    program = (
        "import sys, fake_factory.__main__; "
        "print([name for name in sys.modules if name.split('.')[0] in ('harness', 'pizza_service', 'tests')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
