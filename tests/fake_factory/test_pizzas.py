import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from fake_factory.pizzas import ROTTEN_PIZZA, BadPizza, Signer, read_key


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.fixture
def signer(key: RSAPrivateKey) -> Signer:
    return Signer(key)


def test_key_read_from_pem_signs_the_same_pizza(key_pem: bytes, signer: Signer) -> None:
    again = Signer(read_key(key_pem))
    assert again.sign({"a": 1}, issued_at=5) == signer.sign({"a": 1}, issued_at=5)


def test_key_id_is_the_thumbprint_of_rfc_7638(signer: Signer) -> None:
    (key,) = json.loads(json.dumps(signer.key_set))["keys"]
    required = f'{{"e":"{key["e"]}","kty":"RSA","n":"{key["n"]}"}}'
    assert decode(key["kid"]) == hashlib.sha256(required.encode()).digest()


def test_pizza_read_by_its_signer_says_what_was_signed(signer: Signer) -> None:
    payload = {"diner": {"name": "常用名字"}, "order": {"items": [1.5, None]}}
    assert signer.read(signer.sign(payload, issued_at=0)) == payload


def test_pizza_of_another_key_or_algorithm_is_bad(signer: Signer) -> None:
    _header, payload, signature = signer.sign({"a": 1}, issued_at=0).split(".")
    nobody = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for pizza in (f"{nobody}.{payload}.", f"{nobody}.{payload}.{signature}", ROTTEN_PIZZA, 5, None, ""):
        with pytest.raises(BadPizza):
            signer.read(pizza)


def test_rotten_pizza_looks_like_one_of_another_vendor() -> None:
    header, payload, signature = ROTTEN_PIZZA.split(".")
    assert header.startswith("dead")
    assert json.loads(decode(payload))["vendor"]["id"] == "tacoLee"
    assert json.loads(decode(payload))["order"]["id"] == 2126
    assert len(decode(signature)) == 512
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        json.loads(decode(header))


def test_key_that_is_encrypted_not_rsa_or_no_key_is_refused(key: RSAPrivateKey) -> None:
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"x"))
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem in (locked, curve, b"", b"-----BEGIN RSA PRIVATE KEY-----"):
        with pytest.raises(ValueError, match="no RSA private key in PEM without a pass phrase"):
            read_key(pem)
