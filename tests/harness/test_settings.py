from dataclasses import fields
from pathlib import Path

import pytest

from harness import pytest_plugin
from harness.errors import ScenarioError
from harness.settings import Settings


def test_settings_are_options_of_pytest_each_by_the_same_name() -> None:
    assert set(pytest_plugin._OPTIONS) == {field.name.replace("_", "-") for field in fields(Settings)}


def test_settings_without_a_file_are_the_defaults(tmp_path: Path) -> None:
    assert Settings.read(tmp_path) == Settings()


def test_settings_of_pyproject_are_read_and_overridden_by_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pizza-chaos]\nspeed = 10\nsite-port = 8080\n")
    settings = Settings.read(tmp_path).overridden({"speed": "5", "seed": None}, where="command line")
    assert (settings.speed, settings.site_port, settings.seed) == (5.0, 8080, Settings().seed)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("sped = 10", "unknown setting 'sped'. Did you mean 'speed'?"),
        ("speed = 21", "speed 21 is out of range: 1 to 20"),
        ("speed = 'fast'", "speed is 'fast', which is not a number"),
        ("seed = true", "seed is True, which is not a number"),
        ("stack = 'proceses'", "unknown stack 'proceses'. Did you mean 'processes'?"),
        ("load-workers = 65", "load-workers 65 is out of range: 1 to 64"),
        ("load-workers = 2\nstack = 'simulated'", "load-workers 2 needs real processes"),
        (
            "load-master = '10.0.0.5'\nstack = 'simulated'",
            "cannot reach stack simulated: its diners live in one process",
        ),
        (
            "load-master = '10.0.0.5'\nstack = 'containers'",
            "engine's network, which ends at this machine. Leave load-master out: load-workers",
        ),
        (
            "load-master = '10.0.0.5'\nstack = 'attached'",
            "load-workers shares the diners out among processes of this",
        ),
        ("load-master = '0.0.0.0'", "load-master '0.0.0.0' is not where diners could find this machine"),
        ("load-master = 'here:5557'", "load-master 'here:5557' is not where diners could find this machine"),
        ("load-master = '10.0.0.5:http'", "Give an IPv4 address of it that other machines reach"),
        ("load-master = '10.0.0.5:70000'", "such as 10.0.0.5 or 10.0.0.5:5557"),
        ("site-port = 70000", "site-port 70000 is not a port"),
        ("https = 'maybe'", "https is 'maybe', which is neither true nor false"),
        ("https = true\nstack = 'simulated'", "https needs real sockets: stack processes or containers"),
        ("rules = 'nowhere.yaml'", "rules 'nowhere.yaml' is not a file"),
        ("notifications = 'nowhere.yaml'", "notifications 'nowhere.yaml' is not a file. Give an Alertmanager conf"),
        ("on-call = 'nowhere.yaml'", "on-call 'nowhere.yaml' is not a file. Give an on-call file"),
        ("roles = 'nowhere.yaml'", "roles 'nowhere.yaml' is not a file"),
        ("scrape = 'http://127.0.0.1:1/metrics'\nstack = 'simulated'", "needs real sockets: stack processes"),
        ("speed = ", "is not valid TOML"),
    ],
)
def test_settings_with_a_mistake_name_file_setting_value_and_what_is_allowed(
    tmp_path: Path, line: str, complaint: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.pizza-chaos]\n{line}\n")
    with pytest.raises(ScenarioError) as caught:
        Settings.read(tmp_path)
    assert complaint in str(caught.value)
    assert "pyproject.toml" in str(caught.value)


def test_load_master_without_a_port_has_locusts_own() -> None:
    named, unnamed = (Settings(load_master=text) for text in ("10.0.0.5:6000", "10.0.0.5"))
    assert (named.load_host, named.load_port) == ("10.0.0.5", 6000)
    assert (unnamed.load_host, unnamed.load_port) == ("10.0.0.5", 5557)
    assert Settings().load_host == ""


def service(directory: Path) -> str:
    (directory / "fork").mkdir()
    (directory / "fork" / "package.json").write_text("{}")
    return str(directory / "fork")


def test_service_of_ones_own_runs_at_speed_1_when_nobody_asks_for_another(tmp_path: Path) -> None:
    path = service(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.pizza-chaos]\nspeed = 10\n")
    assert Settings.read(tmp_path).overridden({"service": path}, where="command line").speed == 1
    (tmp_path / "pyproject.toml").write_text(f"[tool.pizza-chaos]\nservice = {path!r}\n")
    assert Settings.read(tmp_path).speed == 1


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"speed": "20"}, "speed 20 cannot be had with service"),
        ({"fix": "all"}, "fix 'all' mends the bundled service only"),
        ({"service": "nowhere"}, "service 'nowhere' is no directory. Give a checkout of jwt-pizza-service."),
        ({"service": "", "database": "mariadb", "stack": "simulated"}, "database 'mariadb' needs real processes"),
        ({"database": "container"}, "database 'container' is for stack containers, not processes. Write 'mariadb' for"),
    ],
)
def test_setting_that_a_service_of_ones_own_does_not_allow_is_named(
    tmp_path: Path, given: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        Settings().overridden({"service": service(tmp_path), **given}, where="command line")
    assert complaint in str(caught.value)


@pytest.mark.parametrize(("given", "meant"), [("true", True), (True, True), ("False", False), (False, False)])
def test_setting_that_is_true_or_false_is_read_from_a_word_too(given: object, meant: object) -> None:
    assert Settings().overridden({"https": given}, where="command line").https is meant


def test_prometheus_as_the_judge_runs_at_speed_1_when_nobody_asks_for_another() -> None:
    assert Settings().overridden({"alerting": "prometheus"}, where="command line").speed == 1


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"alerting": "promtheus"}, "unknown alerting 'promtheus'. Did you mean 'prometheus'?"),
        ({"alerting": "prometheus", "speed": "20"}, "speed 20 cannot be had with alerting 'prometheus'"),
        (
            {"alerting": "prometheus", "stack": "simulated"},
            "needs real time: stack processes or containers, not simulated",
        ),
    ],
)
def test_judge_that_cannot_be_had_is_named_with_the_reason(given: dict[str, str], complaint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Settings().overridden(given, where="command line")
    assert complaint in str(caught.value)


def test_system_that_is_up_runs_at_speed_1_when_nobody_asks_for_another() -> None:
    assert Settings().overridden({"stack": "attached"}, where="command line").speed == 1


def test_checkout_may_run_in_containers_with_a_database_that_runs(tmp_path: Path) -> None:
    given = {"service": service(tmp_path), "stack": "containers", "database": "mysql://root@127.0.0.1"}
    assert Settings().overridden(given, where="command line").speed == 1


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"stack": "atached"}, "unknown stack 'atached'. Did you mean 'attached'?"),
        ({"stack": "attached", "speed": "20"}, "speed 20 cannot be had with a system that is up"),
        ({"stack": "attached", "fix": "all"}, "fix 'all' changes how a system is started"),
        ({"stack": "attached", "site_port": "8080"}, "site-port 8080 changes how a system is started"),
        ({"stack": "attached", "https": "true"}, "https needs real sockets"),
        ({"stack": "attached", "database": "mariadb"}, "database 'mariadb' needs real processes"),
        ({"site": "http://127.0.0.1:3000"}, "site 'http://127.0.0.1:3000' is for --stack attached, not processes."),
        ({"control": "none", "stack": "containers"}, "control 'none' is for --stack attached, not containers."),
    ],
)
def test_setting_that_a_system_that_is_up_does_not_allow_is_named(given: dict[str, str], complaint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Settings().overridden(given, where="command line")
    assert complaint in str(caught.value)


def test_checkout_is_not_attached(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="stack processes or containers, not attached"):
        Settings().overridden({"service": service(tmp_path), "stack": "attached"}, where="command line")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"[tool]\npizza-chaos = 3\n", "tool.pizza-chaos is 3, not a table"), (b"\xff\xfe", "is not valid TOML")],
)
def test_settings_file_that_is_none_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(ScenarioError, match=complaint):
        Settings.read(tmp_path)
