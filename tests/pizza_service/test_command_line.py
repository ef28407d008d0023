from datetime import timedelta

import pytest

from pizza_service.command_line import Options, read_options
from pizza_service.server import Server
from pizza_service.settings import Flaw, Push, Settings


def test_read_options_of_nothing_are_the_defaults() -> None:
    assert read_options([]) == Options(Settings(), "127.0.0.1", 3000, ":memory:", with_course=False)


def test_read_options_of_everything_are_taken() -> None:
    line = (
        "--host ::1 --port 0 --database pizza.db --seed course --factory-url http://127.0.0.1:4001/ --factory-key K "
        "--jwt-secret S --version-name v2 --bcrypt-cost 4 --fix no-factory-timeout --fix db-trouble-is-401 "
        "--metrics-url http://127.0.0.1:9/otlp --metrics-key 1:k --logs-url http://127.0.0.1:9/loki --logs-key 2:k "
        "--push-interval 500ms --source pizza --instance task-1"
    )
    settings = Settings(
        factory_url="http://127.0.0.1:4001",
        factory_key="K",
        jwt_secret="S",
        version="v2",
        bcrypt_cost=4,
        mended=frozenset({Flaw.NO_FACTORY_TIMEOUT, Flaw.DB_TROUBLE_IS_401}),
        metrics=Push("http://127.0.0.1:9/otlp", "1:k"),
        logs=Push("http://127.0.0.1:9/loki", "2:k"),
        push_interval=timedelta(seconds=0.5),
        source="pizza",
        instance="task-1",
    )
    assert read_options(line.split()) == Options(settings, "::1", 0, "pizza.db", with_course=True)


@pytest.mark.parametrize("limit", ["full", "read-only"])
def test_read_options_limit_of_the_database_is_taken(limit: str) -> None:
    assert read_options(["--database-limit", limit]).limit == limit


def test_read_options_database_in_a_server_is_read_as_such() -> None:
    assert read_options(["--database", "mysql://pizza@127.0.0.1"]).database == Server(
        "127.0.0.1", 3306, "pizza", "pizza"
    )


def test_read_options_fix_all_mends_every_flaw() -> None:
    assert read_options(["--fix", "all"]).settings.mended == frozenset(Flaw)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--prot 3000", "'--prot' is no option, did you mean '--port'?"),
        ("--port=x", "'x' is no whole number from 0 to 65535"),
        ("--port 65536", "'65536' is no whole number from 0 to 65535"),
        ("--bcrypt-cost 3", "'3' is no whole number from 4 to 31"),
        ("--fix no-factory-timeot", "'no-factory-timeot' is no flaw, did you mean 'no-factory-timeout'?"),
        ("--fix x", "'x' is no flaw; there are order-written-first, "),
        ("--factory-url 127.0.0.1:4000", "'127.0.0.1:4000' is no address; write it like http://127.0.0.1:4000"),
        ("--metrics-url http://", "'http://' is no address"),
        ("--factory-url http://[", "--factory-url"),
        ("--push-interval 10", "'10' is not a duration; write a number and a unit"),
        ("--factory-key ключ", "'ключ' cannot be sent in a header"),
        ("--logs-key K", "--logs-key without --logs-url goes nowhere"),
        ("--database mysql://127.0.0.1", "names no database; write it like mysql://pizza@127.0.0.1:3306/pizza"),
        ("--database mysql://pizza@127.0.0.1 --database-limit full", "--database-limit is for a SQLite file"),
        ("--seed cours", "invalid choice: 'cours'"),
        ("--port", "expected one argument"),
        ("extra", "'extra' is no option"),
    ],
)
def test_read_options_of_nonsense_say_so_in_one_line(line: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        read_options(line.split())
    shown = capsys.readouterr()
    assert end.value.code == 2
    assert words in shown.err
    assert shown.err.startswith("pizza_service: ")
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_read_options_help_names_every_flaw(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        read_options(["--help"])
    shown = "".join(capsys.readouterr().out.split())
    assert end.value.code == 0
    assert all(flaw.value in shown for flaw in Flaw)
