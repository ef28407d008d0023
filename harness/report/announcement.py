"""Tell a webhook when a scenario's verdict is not what it was the night before."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import httpx

from harness.errors import HarnessError, SafetyError
from harness.report.sentences import shortened
from harness.report.shelf import Kept, indexed
from harness.report.trend import grouped
from harness.stacks.safety import refuse_unless_ours

PATIENCE_SECONDS = 10.0


def announce(runs: Path, url: str, *, allowed: Collection[str] = ()) -> list[str]:
    """Send one message for each scenario whose newest verdict differs from the one before; nothing when none does.

    Args:
        runs: the directory that keeps them.
        url: where to, by POST, as JSON with a `text` that chat programs show.
        allowed: hosts besides this machine that may be told.

    Returns: a sentence for each message.

    Raises:
        SafetyError: the URL leads elsewhere, and nobody allowed it.
        HarnessError: the webhook did not take a message.
    """
    try:
        if httpx.URL(url).scheme not in {"http", "https"}:
            said = f"{url!r} is no webhook: it takes http or https, as in http://127.0.0.1:9000/hook."
            raise HarnessError(said)
        refuse_unless_ours(url, allowed=allowed)
    except httpx.InvalidURL as error:
        said = f"{url!r} is no webhook: {error}. Give it as http://127.0.0.1:9000/hook."
        raise HarnessError(said) from error
    except SafetyError as error:
        refusal = f"{error} Nothing was sent. Allow a webhook's host by name: --allow-host HOST."
        raise SafetyError(refusal) from error
    news = [_message(before, after) for before, after in changed(indexed(runs))]
    with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False, follow_redirects=False) as client:
        for message in news:
            _send(client, url, message)
    return [str(message["text"]) for message in news]


def changed(runs: Collection[Kept]) -> list[tuple[Kept, Kept]]:
    """Give, for each scenario whose verdict has changed, the run before and the newest one."""
    series = grouped(tuple(runs)).values()
    pairs = [(together[-2], together[-1]) for together in series if len(together) > 1]
    return [(before, after) for before, after in pairs if before.verdict != after.verdict]


def _message(before: Kept, after: Kept) -> dict[str, Any]:
    name = after.scenario.rsplit("::", 1)[-1]
    return {
        "text": f"{name} on {after.stack}: {before.verdict} -> {after.verdict}: {shortened(after.why)}",
        "scenario": after.scenario,
        "stack": after.stack,
        "before": before.verdict,
        "verdict": after.verdict,
        "run": after.directory,
    }


def _send(client: httpx.Client, url: str, message: dict[str, Any]) -> None:
    try:
        client.post(url, json=message).raise_for_status()
    except httpx.HTTPStatusError as error:
        said = f"the webhook answered {error.response.status_code} to: {message['text']}"
        raise HarnessError(said) from error
    except httpx.HTTPError as error:
        said = f"the webhook could not be told: {type(error).__name__}. It was: {message['text']}"
        raise HarnessError(said) from error
