from dataclasses import replace
from pathlib import Path

from harness.stacks.children import Launch
from harness.stacks.containers.launch import asked_port, contained

FACTORY = Launch("factory", ["python", "-m", "fake_factory", "--port", "0"], {"A": "1"})


def test_program_that_leaves_its_port_to_chance_listens_at_its_image_s_own_and_everywhere_inside() -> None:
    launch = contained(FACTORY, image="factory:1", port=4000, folders=(Path("/run"),))
    assert launch.argv[-4:] == ["--host", "0.0.0.0", "--port", "4000"]
    assert (launch.component, launch.image, launch.folders, launch.environment) == (
        "factory", "factory:1", (Path("/run"),), {"A": "1"},
    )  # fmt: skip
    assert asked_port(launch) is None


def test_program_that_comes_back_insists_on_the_port_it_had() -> None:
    launch = contained(FACTORY, image="factory:1", port=4000)
    assert asked_port(replace(launch, argv=[*launch.argv, "--port", "32768"])) == 32768


def test_program_that_crashes_on_start_asks_for_no_port() -> None:
    launch = contained(FACTORY, image="factory:1", port=4000)
    assert asked_port(replace(launch, argv=["python", "-c", "crash"])) is None
