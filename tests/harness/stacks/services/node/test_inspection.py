from __future__ import annotations

from pathlib import Path

from harness.stacks.services.node.inspection import inspect
from tests.harness.stacks.services.node.standin import SECRET, write_standin


def inspected(path: Path) -> str:
    return "\n".join(inspect(path))


def test_inspection_says_how_it_starts_what_it_reads_and_what_it_pushes(tmp_path: Path) -> None:
    said = inspected(write_standin(tmp_path))
    assert said.startswith(f"stand-in at {tmp_path}\n  start          npm start -- PORT   (cd src && node index.js)\n")
    assert "configuration  src/config.js; generated, whatever is there" in said
    assert "metrics        OTLP, every 1 s or so" in said
    assert "http_requests                    requests" in said
    assert "run faster than speed 1" in said


def test_inspection_shows_nothing_of_the_configuration_that_is_there(tmp_path: Path) -> None:
    said = inspected(write_standin(tmp_path))
    assert SECRET not in said
    assert "cs329" not in said


def test_inspection_names_what_cannot_be_had(tmp_path: Path) -> None:
    dependencies = '"dependencies": {"express-rate-limit": "8", "jwt-pizza-logger": "1"}'
    (tmp_path / "package.json").write_text(f'{{"scripts": {{"start": "node index.js"}}, {dependencies}}}')
    (tmp_path / "index.js").write_text(
        "const { httpJwtSecret, ...config } = require('./config');\nrequire('./stripe-keys');\n"
        "const limit = rateLimit({ max: 500 }); pay(config.stripe.key); fetch('https://pizza-factory.cs329.click/x');\n"
    )
    said = inspected(tmp_path)
    for sentence in (
        "be alerted on by metrics of its own: it pushes none",
        "it limits requests (limits in the code: 500); keep diners few",
        "it takes signed bodies only (httpJwtSecret); our diners sign theirs",
        "it logs there first, and evaluates the reply",
        "read config.stripe.key: the generated configuration has no such key",
        "import ./stripe-keys: it is not in the checkout",
        "reach pizza-factory.cs329.click, which its code names: it is kept on this machine",
    ):
        assert sentence in said
