"""What is modelled in a simulated twin: signing and hashing, which a simulation has no time for."""

from __future__ import annotations

from random import Random

import bcrypt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fake_factory.pizzas import ROTTEN_PIZZA, BadPizza, Signer, make_key
from harness.stacks.services.twin import TwinService
from harness.stacks.services.twin_simulated import QuickSigner, SimulatedTwins
from pizza_service import passwords
from pizza_service.passwords import hash_password, is_password

ORDER = {"vendor": {"id": "tacoLee"}, "order": {"id": 278, "items": []}}


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return make_key(2048)


def test_pizza_that_was_signed_quickly_is_good_and_as_long_as_a_real_one(key: RSAPrivateKey) -> None:
    quick, real = QuickSigner(key), Signer(key)
    pizza = quick.sign(ORDER, issued_at=1733000000)
    assert quick.read(pizza) == ORDER
    assert len(pizza) == len(real.sign(ORDER, issued_at=1733000000))
    assert pizza.rpartition(".")[0] == real.sign(ORDER, issued_at=1733000000).rpartition(".")[0]
    assert len(QuickSigner(make_key(1024)).sign(ORDER, issued_at=1733000000)) == len(pizza)


def test_pizza_of_another_factory_is_bad(key: RSAPrivateKey) -> None:
    other = QuickSigner(make_key(1024))
    with pytest.raises(BadPizza):
        QuickSigner(key).read(other.sign(ORDER, issued_at=1733000000))


@pytest.mark.parametrize("pizza", ["", "a", "a.b.c", ROTTEN_PIZZA, None, 7, "ü.ü.ü"])
def test_what_is_no_pizza_is_bad(pizza: object, key: RSAPrivateKey) -> None:
    with pytest.raises(BadPizza):
        QuickSigner(key).read(pizza)


def test_pizza_that_was_tampered_with_is_bad(key: RSAPrivateKey) -> None:
    signer = QuickSigner(key)
    head, payload, signature = signer.sign(ORDER, issued_at=1733000000).split(".")
    with pytest.raises(BadPizza):
        signer.read(f"{head}.{payload[:-2]}AA.{signature}")


def test_password_that_was_hashed_quickly_is_known_again_and_no_other_is() -> None:
    twins = SimulatedTwins(TwinService())
    with twins.passwords():
        hashed = hash_password("diner", cost=4, rng=Random(1))
        assert is_password("diner", hashed=hashed)
        assert not is_password("Diner", hashed=hashed)
        assert hashed == hash_password("diner", cost=4, rng=Random(1)) != hash_password("diner", cost=4, rng=Random(2))
    twins.close()
    assert vars(passwords)["bcrypt"] is bcrypt
    assert len(hashed) == len(hash_password("diner", cost=4, rng=Random(1))) == 60
