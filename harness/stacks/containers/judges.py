"""Prometheus and Alertmanager in containers of their own images: `--alerting prometheus` on the `containers` stack.

They share this machine's network, so that they find each other and we find them where processes would be.
"""

from __future__ import annotations

import os
from pathlib import Path

from harness.alerting.real.judges import Program
from harness.stacks.containers.engine import engine, require_images
from harness.stacks.containers.launch import ContainerLaunch

IMAGES = {
    "prometheus": ("PROMETHEUS_IMAGE", "prom/prometheus:v3.5.0"),
    "alertmanager": ("ALERTMANAGER_IMAGE", "prom/alertmanager:v0.28.1"),
}
"""Of each program the variable that names its image, and the image where it does not; the compose file has the same."""


def image_of(component: str) -> str:
    """Say which image a program is started from."""
    variable, usual = IMAGES[component]
    return os.environ.get(variable) or usual


def in_a_container(program: Program, folder: Path) -> ContainerLaunch:
    """Start a program from its image, which must be there: nothing is fetched in the middle of a run.

    Raises:
        HarnessError: when no engine answers, or it does not hold the image.
    """
    image = image_of(program.component)
    with engine() as client:
        require_images(client, image, builds=f"docker pull {image}, or see docs/how-to/containers.md")
    return ContainerLaunch(
        program.component, program.options, answers=program.answers, image=image, folders=(folder,), is_foreign=True
    )
