"""The programs that conversations are held with: the twins, and the real ones where a checkout of them is at hand."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from fake_factory.pizzas import make_key
from harness.errors import HarnessError
from harness.stacks.children import Child, Children, Launch
from harness.stacks.databases.administrator import Administrator
from harness.stacks.databases.database import PORT
from harness.stacks.databases.mariadb import MariaDb
from harness.stacks.databases.reservation import free_port
from harness.stacks.services.node.service import CONFINE, NodeService, answers
from harness.stacks.services.service import Surroundings
from harness.stacks.services.twin import ADMIN_KEY, VENDOR_KEY, factory_twin
from pizza_service.server import PASSWORD_VARIABLE
from tests.end_to_end.runs import eventually
from tests.twins.conversation import Partner
from tests.twins.service import GONE

ANSWERS_WITHIN_SECONDS = 60
"""The real factory thinks for 32 s before it says that its oven is full."""

FACTORY_DATABASE = "pizza_factory"
LONG_AGO = "2020-01-01T00:00:00.000Z"
ADMIN = {"email": "a@jwt.com", "password": "admin"}


class Stage:
    """Where programs are started, in a directory that is new.

    Cleanup: leaving the block ends every program that was started.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._children = Children(logs=directory / "logs", environment={}, record=lambda _: None)
        self._kept = ExitStack()
        self._database: Child | None = None

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self._children.end()
        self._kept.close()

    def start(self, launch: Launch) -> Child:
        """Start a program, and wait until it is there."""
        child = self._children.start(launch)
        child.wait_until_ready()
        return child

    def mariadb(self) -> tuple[MariaDb, Administrator]:
        """Start a server, at the port which is the only one that the real programs know."""
        found = MariaDb.found()
        self._kept.callback(found.close)
        found = replace(found, address=f"{found.login.host}:{PORT}")
        self._database = self.start(found.launch(self.directory))
        return found, Administrator(found.data_in(self.directory))

    def end_mariadb(self) -> None:
        """End the server."""
        assert self._database is not None
        self._database.stop(kill=True)
        assert self._database.wait(ANSWERS_WITHIN_SECONDS)

    def client(self, address: str) -> httpx.Client:
        """Give a client of one program."""
        client = httpx.Client(base_url=f"http://{address}", timeout=ANSWERS_WITHIN_SECONDS, trust_env=False)
        return self._kept.enter_context(client)


def service_twin(stage: Stage, *, on_mariadb: bool = False) -> Partner:
    """Start the service twin with a factory twin."""
    where, password = str(stage.directory / "pizza.sqlite"), ""
    if on_mariadb:
        login = stage.mariadb()[0].login
        where, password = f"mysql://{login.user}@{login.host}:{PORT}/{login.database}", login.password
    factory = _ovens(stage)
    argv = [sys.executable, "-m", "pizza_service", "--port", "0", "--bcrypt-cost", "4", "--database", where]
    argv += ["--factory-url", str(factory.client.base_url), "--factory-key", VENDOR_KEY]
    service = stage.start(Launch("service", argv, {PASSWORD_VARIABLE: password}))
    return _with_admin(stage, service.address, factory)


def real_service(stage: Stage, checkout: Path) -> Partner:
    """Start a checkout of jwt-pizza-service with a factory twin."""
    database, _ = stage.mariadb()
    factory = _ovens(stage)
    service = NodeService.prepared(
        checkout, database=lambda: database, directory=stage.directory / "service", say=lambda _: None
    )
    around = Surroundings(stage.directory, str(factory.client.base_url).rstrip("/"), "http://127.0.0.1:9")
    task = stage.start(service.task("service", version="", surroundings=around))
    return _with_admin(stage, task.address, factory)


def factory_as_it_is(stage: Stage) -> Partner:
    """Start the factory twin with the real factory's manners, but for the time that it takes."""
    launch = factory_twin(vendor_key=VENDOR_KEY, admin_key=ADMIN_KEY)
    manners = ["--chaos-starts", "next day", "--order-delay", "10ms", "--throttle-delay", "10ms"]
    manners += ["--faithful-report-url", "--faithful-log"]
    client = stage.client(stage.start(replace(launch, argv=[*launch.argv, *manners])).address)
    return Partner(client, partial(_begin_chaos, client), {"admin": ADMIN_KEY})


def real_factory(stage: Stage, checkout: Path) -> Partner:
    """Start a checkout of jwt-pizza-factory, on modules that are installed now."""
    database, administrator = stage.mariadb()
    copy = stage.directory / "factory"
    shutil.copytree(checkout / "backend", copy, ignore=shutil.ignore_patterns("node_modules"))
    login = database.login
    connection = {"host": login.host, "user": login.user, "password": login.password, "database": FACTORY_DATABASE}
    config = {"db": {"connection": {**connection, "connectTimeout": 60000}}, "defaultAdmin": {"id": "local-admin"}}
    (copy / "config.js").write_text(f"module.exports = {json.dumps(config)};\n")
    key = make_key(4096)
    (copy / "jwt.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    (copy / "jwt.key.pub").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    subprocess.run(["npm", "ci", "--omit=dev", "--no-audit", "--no-fund", "--silent"], cwd=copy, check=True)
    address = f"127.0.0.1:{free_port('127.0.0.1')}"
    argv = ["node", "--require", str(CONFINE), "index.js", address.rpartition(":")[2]]
    stage.start(Launch("real-factory", argv, directory=copy, answers=partial(answers, address)))

    def ask(sql: str) -> list[str]:
        return asyncio.run(administrator.say(f"USE {FACTORY_DATABASE}; {sql}"))

    def chaos_begins(vendor_id: str) -> None:
        ask(f"UPDATE chaos SET body = json_set(body, '$.startDate', '{LONG_AGO}') WHERE netId = '{vendor_id}'")

    def admin_key() -> str:
        with suppress(HarnessError):  # until its tables are there
            return "".join(ask("SELECT apiKey FROM vendor WHERE netId = 'local-admin'"))
        return ""

    assert eventually(lambda: bool(admin_key()))
    return Partner(stage.client(address), chaos_begins, {"admin": admin_key()})


def _ovens(stage: Stage) -> Partner:
    """Start a factory twin whose chaos is told by its name."""
    launch = factory_twin(vendor_key=VENDOR_KEY, admin_key=ADMIN_KEY)
    client = stage.client(stage.start(launch).address)

    def chaos(kind: str) -> None:
        _as_admin(client, "PUT", "/api/admin/chaos", {"vendorId": "local-vendor", "type": kind})

    return Partner(client, chaos)


def _begin_chaos(client: httpx.Client, vendor_id: str) -> None:
    vendors = _as_admin(client, "GET", "/api/admin/vendors", None).json()
    (chaos,) = [vendor["chaos"] for vendor in vendors if vendor["id"] == vendor_id]
    wanted = {"vendorId": vendor_id, "type": chaos["type"], "fixCode": chaos["fixCode"], "startDate": LONG_AGO}
    _as_admin(client, "PUT", "/api/admin/chaos", wanted)


def _as_admin(client: httpx.Client, method: str, path: str, body: object) -> httpx.Response:
    reply = client.request(method, path, json=body, headers={"Authorization": f"Bearer {ADMIN_KEY}"})
    return reply.raise_for_status()


def _with_admin(stage: Stage, address: str, factory: Partner) -> Partner:
    """Wait for the administrator, whom a service makes some time after it listens."""
    client = stage.client(address)
    assert eventually(lambda: client.put("/api/auth", json=ADMIN).is_success)

    def happens(what: str) -> None:
        stage.end_mariadb() if what == GONE else factory.happens(what)

    return Partner(client, happens)
