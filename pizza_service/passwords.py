"""Password hashes, as the bcrypt package of Node makes them."""

import random

import bcrypt

from pizza_service.errors import HttpError

_ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LONGEST = 72
"""bcrypt reads no further; Node's drops the rest without a word."""


def hash_password(password: object, *, cost: int, rng: random.Random) -> str:
    """Hash a password with a salt of its own.

    Raises:
        HttpError: The password is not a text.
    """
    if not isinstance(password, str):
        raise HttpError("data must be a string or Buffer and salt must either be a salt string or a number of rounds")
    # Sixteen random bytes in bcrypt's own base 64: the last character holds the two bits that are left.
    salt = "".join(rng.choices(_ALPHABET, k=21)) + rng.choice(".Oeu")
    return bcrypt.hashpw(_bytes(password), f"$2b${cost:02}${salt}".encode()).decode()


def is_password(password: object, *, hashed: str) -> bool:
    """Whether a hash was made of this password.

    Raises:
        HttpError: The password is not a text.
    """
    if not isinstance(password, str):
        raise HttpError("data and hash must be strings")
    return bcrypt.checkpw(_bytes(password), hashed.encode())


def _bytes(password: str) -> bytes:
    return password.encode()[:_LONGEST]
