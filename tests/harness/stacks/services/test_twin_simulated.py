"""What is modelled in a simulated twin: signing and hashing, which a simulation has no time for."""

from __future__ import annotations

from random import Random

import bcrypt
import jwt
import pytest

from fake_factory.pizzas import ROTTEN_PIZZA, BadPizza, Signer, make_key
from harness.stacks.services.twin import TwinService
from harness.stacks.services.twin_simulated import QuickSigner, SimulatedTwins
from pizza_service import passwords
from pizza_service.passwords import hash_password, is_password

ORDER = {"vendor": {"id": "tacoLee"}, "order": {"id": 278, "items": []}}


def test_pizza_that_was_signed_quickly_is_good_and_as_long_as_a_real_one() -> None:
    quick, real = QuickSigner(0), Signer(make_key(2048))
    pizza, real_pizza = quick.sign(ORDER, issued_at=1733000000), real.sign(ORDER, issued_at=1733000000)
    assert quick.read(pizza) == ORDER
    assert list(map(len, pizza.split("."))) == list(map(len, real_pizza.split(".")))
    assert pizza.split(".")[1] == real_pizza.split(".")[1]


def test_pizza_of_another_factory_is_bad() -> None:
    with pytest.raises(BadPizza):
        QuickSigner(0).read(QuickSigner(1).sign(ORDER, issued_at=1733000000))


def test_published_key_is_a_key_and_has_the_id_that_pizzas_name() -> None:
    signer = QuickSigner(0)
    published = jwt.PyJWKSet.from_dict(signer.key_set).keys[0]
    assert published.key_id == jwt.get_unverified_header(signer.sign(ORDER, issued_at=1733000000))["kid"]


@pytest.mark.parametrize("pizza", ["", "a", "a.b.c", ROTTEN_PIZZA, None, 7, "ü.ü.ü"])
def test_what_is_no_pizza_is_bad(pizza: object) -> None:
    with pytest.raises(BadPizza):
        QuickSigner(0).read(pizza)


def test_pizza_that_was_tampered_with_is_bad() -> None:
    signer = QuickSigner(0)
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
