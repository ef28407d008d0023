"""A checkout of jwt-pizza-service, or of any fork, as the service under test: its code unchanged, on Node.

A copy of it runs in the run's own directory, with a generated configuration, on modules that were installed once. It
listens on loopback, and cannot reach beyond this machine (confine.cjs).
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Self

from harness.errors import HarnessError
from harness.ingress.control_plane import Site
from harness.ingress.deployment import Policy
from harness.stacks.children import Launch
from harness.stacks.databases.database import PORT, Database, Login
from harness.stacks.services.node.checkout import Checkout
from harness.stacks.services.node.configuration import ADMIN, SECRET, Place, environment, superset, write
from harness.stacks.services.node.dialect import Dialect
from harness.stacks.services.node.modules import Node, installed
from harness.stacks.services.node.renamed import completed, variables
from harness.stacks.services.node.seeding import WaysIn, seed
from harness.stacks.services.service import Companion, Surroundings
from harness.stacks.services.twin import ADMIN_KEY, VENDOR_KEY, factory_twin

BLACK_BOX_RULES = Path(__file__).parents[1] / "black_box_alerts.yaml"
"""What can be alerted on without knowing a single metric of a service: what its diners experience."""

CONFINE = Path(__file__).with_name("confine.cjs")
DROP = Path(__file__).with_name("drop.cjs")
PROMOTE = Path(__file__).with_name("promote.cjs")

FIRST_PORT, LAST_PORT = 20_000, 30_000
"""Below those that systems give to outgoing connections, which might take one between our look and its use."""

SCRIPT_SECONDS = 15
"""How long a script of the service, or of ours, may take."""

BUILD_SECONDS = 120


class NodeService:
    """A checkout under test.

    Args:
        checkout: what is tested.
        database: where it keeps its data.
        directory: of its own, for its copy and its data.
        node: what runs it.
        modules: its `node_modules`.

    Cleanup: `close`, once its tasks have ended, drops its database and removes its copy.
    """

    keeps_wall_time = True
    rules = BLACK_BOX_RULES
    host = "127.0.0.1"
    """The address at which its tasks are reached."""
    vendor_key = VENDOR_KEY
    admin_key = ADMIN_KEY

    def __init__(self, checkout: Checkout, *, database: Database, directory: Path, node: Node, modules: Path) -> None:
        self.site = Site(
            name="pizza-service.pizza.test",
            service="pizza-service",
            ttl=timedelta(seconds=10),
            policy=Policy(check_interval=timedelta(seconds=1)),
        )
        self._dialect = dialect = Dialect.of(checkout)
        self.push_interval = dialect.push_interval
        self.signing_key = SECRET if dialect.wants_signatures else ""
        self._checkout = checkout
        self._database = database
        self._directory = directory
        self._copy = directory / "service"
        self._node = node
        self._modules = modules
        self._environment: dict[str, str] = {}
        self._next_port = FIRST_PORT + os.getpid() % (LAST_PORT - FIRST_PORT)

    @classmethod
    def prepared(
        cls, path: Path, *, database: Callable[[], Database], directory: Path, say: Callable[[str], None]
    ) -> Self:
        """Copy a checkout aside and install what it needs.

        Args:
            path: of the checkout.
            database: finds its database.
            directory: for the copy; made now.
            say: told how it goes, where that takes time.

        Raises:
            ScenarioError, HarnessError: when it cannot be run here; nothing is left of it then.
        """
        checkout, node = Checkout.at(path), Node.found()
        if node.major < checkout.oldest_node:
            say(f"{checkout.name} asks for Node {checkout.oldest_node} or newer; {node.version} runs it all the same")
        found = database()
        directory.mkdir(parents=True)
        try:
            checkout.copy(directory / "service")
            modules = installed(checkout, node=node, say=say)
            (directory / "service" / "node_modules").symlink_to(modules)
        except BaseException:
            found.close()
            shutil.rmtree(directory, ignore_errors=True)
            raise
        return cls(checkout, database=found, directory=directory, node=node, modules=modules)

    @property
    def database(self) -> Database:
        """Where it keeps its data."""
        return self._database

    @property
    def directory(self) -> Path:
        """Where its copy is, and the data of a database that the run starts."""
        return self._directory

    @property
    def versions(self) -> Mapping[str, str]:
        """What is tested, and what that runs on."""
        return {"service": self._checkout.name, "node": self._node.version, "database": self._database.version}

    def factory(self) -> Launch:
        """Say how to start the factory twin."""
        return factory_twin(vendor_key=self.vendor_key, admin_key=self.admin_key)

    def companions(self) -> tuple[Companion, ...]:
        """Say how to start its database, and where that is sought."""
        database, at = self._database, f"{self._login.host}:{PORT}"
        launch = database.launch(self._directory)
        return (Companion("database", database.address, at if at != database.address else "", launch),)

    def task(self, name: str, *, version: str, surroundings: Surroundings) -> Launch:  # noqa: ARG002 - a checkout has one version
        """Say how to start one Node process of it; all of them share the database."""
        if not self._environment:
            self._configure(surroundings)
        address = self._free_address()
        port = address.rpartition(":")[2]
        return Launch(
            name,
            ["npm", "start", "--silent", "--", port],
            {**self._environment, "PORT": port, **({} if self._checkout.takes_port else {"PIZZA_CHAOS_PORT": port})},
            directory=self._copy,
            answers=partial(answers, address),
        )

    def seed(self, url: str) -> None:
        """Make the menu, a franchise and a store, as its administrator."""
        ways = WaysIn(self._checkout.admins or (ADMIN,), self._make_admin, self._promote)
        seed(url, ways=ways, signing_key=self.signing_key)

    def close(self) -> None:
        """Drop its database where that would stay, and remove its copy.

        Raises:
            HarnessError: when the database cannot be dropped; the copy is removed all the same.
        """
        try:
            if self._database.outlives_the_run and self._environment:
                self._drop()
        finally:
            self._environment = {}
            self._database.close()
            shutil.rmtree(self._directory, ignore_errors=True)

    def _configure(self, surroundings: Surroundings) -> None:
        place = self._place(surroundings)
        files = self._checkout.configurations
        values = completed(superset(place), self._dialect.keys)
        write(values, files, root=self._copy, is_module=self._checkout.is_module)
        self._environment = {**variables(values, self._dialect.variables), **self._variables(surroundings)}
        if self._checkout.start.build:
            self._build()

    def _build(self) -> None:
        """Make what is started, with the service's own script.

        Raises:
            HarnessError: with its last words, when that ends without it.
        """
        said = self._run(["npm", "run", "--silent", "build"], seconds=BUILD_SECONDS)
        if not all((self._copy / file).is_file() for file in self._checkout.start.files):
            message = (
                f"npm run build did not make what {self._checkout.start.script!r} starts. Its last words: {said[-600:]}"
            )
            raise HarnessError(message)

    @property
    def _login(self) -> Login:
        """How its tasks get at the database."""
        return self._database.login

    def _place(self, surroundings: Surroundings) -> Place:
        telemetry = surroundings.telemetry_url
        logs = f"{telemetry}/loki/api/v1/push"
        return Place(surroundings.factory_url, self.vendor_key, f"{telemetry}/metrics", logs, self._login)

    def _variables(self, surroundings: Surroundings) -> dict[str, str]:
        options = f'{os.environ.get("NODE_OPTIONS", "")} --require "{CONFINE}"'.strip()
        own = {"NODE_OPTIONS": options, "npm_config_update_notifier": "false"}
        return {**environment(self._place(surroundings)), **own}

    def _free_address(self) -> str:
        for _ in range(FIRST_PORT, LAST_PORT):
            self._next_port = FIRST_PORT + (self._next_port + 1 - FIRST_PORT) % (LAST_PORT - FIRST_PORT)
            with socket.socket() as probe, suppress(OSError):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((self.host, self._next_port))
                return f"{self.host}:{self._next_port}"
        message = f"no port from {FIRST_PORT} to {LAST_PORT} of this machine is free for a task of the service."
        raise HarnessError(message)

    def _make_admin(self, person: Mapping[str, str]) -> str:
        """Run the service's own script that makes an administrator; some never end it, so it is ended."""
        script = next(
            (path for path in ("src/init.js", "src/init.ts", "init.js") if (self._copy / path).is_file()), None
        )
        if script is None:
            return "There is no src/init.js to make an administrator with."
        runner = "node" if script.endswith(".js") else str(self._modules / ".bin" / "tsx")
        done = self._run([runner, script, person["name"], person["email"], person["password"]])
        return f"{script} said: {done[-300:].strip() or 'nothing'}."

    def _promote(self, email: str) -> str:
        """Make an administrator in the database, where the service's own script cannot."""
        said = self._run(["node", str(PROMOTE), email], also={"NODE_PATH": str(self._modules)})
        return f"Its database said: {said[-300:].strip() or 'nothing'}."

    def _drop(self) -> None:
        # Not through the link, which is closed by then.
        host = self._database.address.rpartition(":")[0]
        self._environment |= {"NODE_PATH": str(self._modules), "DB_HOST": host}
        said = self._run(["node", str(DROP)])
        if said.strip():
            message = f"the database {self._database.login.database} could not be dropped: {said.strip()}. Drop it."
            raise HarnessError(message)

    def _run(self, argv: Sequence[str], *, also: Mapping[str, str] | None = None, seconds: int = SCRIPT_SECONDS) -> str:
        process = subprocess.Popen(
            argv,
            cwd=self._copy,
            env={**os.environ, **self._environment, **(also or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            return process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.communicate()[0]


def answers(address: str) -> str:
    """Give the address once something answers HTTP there, whatever it says."""
    connection = http.client.HTTPConnection(address, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
    return address
