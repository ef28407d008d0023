"""A client of MySQL and MariaDB servers, for machines that have none: statements go in, a line each; answers come out.

    python -m harness.stacks.databases.speaking 172.17.0.1:49153

speaks as root, whose password is in MYSQL_PWD, and ends with its input. A line may hold several statements; KILL USER,
which only MariaDB knows, needs a line of its own, and is said to both as both understand it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pymysql
from pymysql.constants import CLIENT

from harness.ingress.records import Address
from harness.stacks.databases.database import ROOT_PASSWORD

ANSWERS_WITHIN_SECONDS = 10

_KILL_USER = re.compile(r"KILL USER '([^']*)';")
_SESSIONS = "SELECT id FROM information_schema.processlist WHERE user = %s"


def connected(address: str, *, password: str) -> Any:  # noqa: ANN401 - the driver's
    """Give a connection of root's to the server at `host:port`.

    Raises:
        pymysql.MySQLError: when there is none to be had.
    """
    there = Address.parse(address)
    return pymysql.connect(
        host=there.host,
        port=there.port,
        user="root",
        password=password,
        autocommit=True,
        client_flag=CLIENT.MULTI_STATEMENTS,
        connect_timeout=ANSWERS_WITHIN_SECONDS,
        read_timeout=ANSWERS_WITHIN_SECONDS,
    )


def spoken(connection: Any, line: str) -> Iterator[str]:  # noqa: ANN401
    """Say one line; gives the rows of what it answers, their columns apart by tabs.

    Raises:
        pymysql.MySQLError: with the server's words, when it refuses.
    """
    with connection.cursor() as cursor:
        if killed := _KILL_USER.fullmatch(line.strip()):
            cursor.execute(_SESSIONS, (killed[1],))
            for (session,) in cursor.fetchall():
                with suppress(pymysql.MySQLError):  # it has ended by itself
                    cursor.execute(f"KILL {int(session)}")
            return
        if not line.strip():
            return
        cursor.execute(line)
        while True:
            yield from ("\t".join(map(str, row)) for row in cursor.fetchall())
            if not cursor.nextset():
                return


def main(address: str) -> int:
    """Say each line of standard input as it comes; gives 1 once the server refuses one, with its words."""
    try:
        with closing(connected(address, password=os.environ.get(ROOT_PASSWORD, ""))) as connection:
            for line in sys.stdin:
                for row in spoken(connection, line):
                    sys.stdout.write(f"{row}\n")
                sys.stdout.flush()
    except pymysql.MySQLError as error:
        sys.stderr.write(f"{error.args[-1] if error.args else error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
