import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fake_factory.pizzas import make_key
from fake_factory.settings import Settings
from tests.fake_factory.twin import Twin


@pytest.fixture(scope="session")
def key() -> RSAPrivateKey:
    return make_key(2048)


@pytest.fixture(scope="session")
def key_pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


@pytest.fixture
def twin(key: RSAPrivateKey) -> Twin:
    return Twin(Settings(key=key))
