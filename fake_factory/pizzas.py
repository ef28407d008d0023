"""Pizzas: the signed tokens a factory delivers, and the one that is always bad."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fake_factory.javascript import dump_json, parse_json

ISSUER = "cs329.click"
_KEEPS = timedelta(days=1)
_ALGORITHM = "RS256"


class BadPizza(Exception):
    """A token that this factory did not sign."""


class Signer:
    """Signs pizzas, and tells its own from others.

    `iat`, `exp` and `iss` stand in the header of the token, where JWT libraries do not look, so nothing checks
    whether a pizza has gone stale. The real factory is like that.
    """

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key
        numbers = key.public_key().public_numbers()
        self._modulus, self._exponent = _base64_integer(numbers.n), _base64_integer(numbers.e)
        # RFC 7638: the digest of the required members in alphabetical order, without blanks.
        required = {"e": self._exponent, "kty": "RSA", "n": self._modulus}
        self.key_id = _base64(hashlib.sha256(dump_json(required)).digest())

    @property
    def key_set(self) -> dict[str, object]:
        """The public key as a JSON Web Key Set."""
        return {"keys": [{"kty": "RSA", "kid": self.key_id, "n": self._modulus, "e": self._exponent}]}

    def sign(self, payload: Mapping[str, object], *, issued_at: int) -> str:
        """Make a pizza; `issued_at` is in seconds since the epoch."""
        header = {
            "iat": issued_at,
            "exp": issued_at + int(_KEEPS.total_seconds()),
            "iss": ISSUER,
            "alg": _ALGORITHM,
            "kid": self.key_id,
        }
        signed = f"{_base64(dump_json(header))}.{_base64(dump_json(payload))}"
        return f"{signed}.{_base64(self.signature(signed.encode()))}"

    def signature(self, signed: bytes) -> bytes:
        """Sign the first two parts of a token."""
        return self._key.sign(signed, PKCS1v15(), SHA256())

    def read(self, pizza: object) -> object:
        """Give what a pizza says.

        Raises:
            BadPizza: it is not a token, or not one that this key signed.
        """
        if not isinstance(pizza, str):
            raise BadPizza(f"a pizza is a token, not {pizza!r}")
        try:
            content: bytes = jwt.PyJWS().decode(pizza, self._key.public_key(), algorithms=[_ALGORITHM])
            return parse_json(content.decode())
        except (jwt.PyJWTError, ValueError) as error:
            raise BadPizza(str(error)) from error


def make_key(bits: int) -> RSAPrivateKey:
    """Make a new RSA key to sign with."""
    return generate_private_key(public_exponent=65537, key_size=bits)


def read_key(pem: bytes) -> RSAPrivateKey:
    """Read an RSA key to sign with.

    Raises:
        ValueError: the text is not an unencrypted RSA private key in PEM.
    """
    try:
        key = load_pem_private_key(pem, password=None)
    except (TypeError, ValueError):
        key = None
    if isinstance(key, RSAPrivateKey):
        return key
    raise ValueError(
        "the signing key is no RSA private key in PEM without a pass phrase; "
        "`ssh-keygen -t rsa -b 4096 -m PEM -N '' -f FILE` makes one"
    )


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _base64_integer(number: int) -> str:
    return _base64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _rotten() -> str:
    """Make a token whose header is garbage, whose order was never placed and whose signature fits nothing."""
    header = {"iat": 1717788398, "exp": 1717874798, "iss": ISSUER, "alg": _ALGORITHM, "kid": "gone-off"}
    order = {
        "franchiseId": 1,
        "storeId": 1,
        "items": [{"menuId": 1, "description": "Veggie", "price": 0.05}],
        "id": 2126,
    }
    diner = {"id": 1, "name": "常用名字", "email": "a@jwt.com"}
    vendor = {"id": "tacoLee", "name": "Test vendor"}
    payload = json.dumps({"vendor": vendor, "diner": diner, "order": order}, ensure_ascii=False).encode()
    signature = b"".join(hashlib.sha512(bytes([part])).digest() for part in range(8))
    return f"dead{_base64(dump_json(header))[4:]}.{_base64(payload)}.{_base64(signature)}"


ROTTEN_PIZZA = _rotten()
"""What `badjwt` chaos delivers: always the same token, starting with `dead`."""
