import pytest

from harness.gameday.roles import MAY, Role, Tokens, may


def test_token_makes_somebody_what_it_was_made_for_and_nothing_else() -> None:
    tokens = Tokens()
    assert [tokens.role_of(tokens.of(role)) for role in Role] == list(Role)
    assert tokens.role_of("") is None
    assert tokens.role_of(tokens.of(Role.RESPONDER)[:-1]) is None
    assert tokens.role_of("ü" * 32) is None


def test_tokens_of_two_game_days_differ() -> None:
    one, other = Tokens(), Tokens()
    assert one.role_of(other.of(Role.FACILITATOR)) is None


@pytest.mark.parametrize(
    "action", ["inject", "heal", "hint", "diners", "pause", "resume", "speed", "jump", "cancel", "lever", "abort"]
)
def test_responders_and_observers_may_not_do_what_the_facilitator_does(action: str) -> None:
    assert [role for role in Role if may(role, action)] == [Role.FACILITATOR]


def test_observers_may_look_and_nothing_else() -> None:
    assert [action for action in MAY if may(Role.OBSERVER, action)] == ["look"]


def test_nobody_may_do_nothing_and_what_is_not_listed_nobody_may_do() -> None:
    assert not any(may(None, action) for action in MAY)
    assert not any(may(role, "history") for role in Role)
