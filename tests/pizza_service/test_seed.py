from contextlib import closing
from pathlib import Path

from pizza_service.seed import prepare
from pizza_service.sqlite import SqliteDatabase
from pizza_service.store import Store
from tests.pizza_service.kit import SETTINGS, Site


def test_prepare_new_database_has_the_admin_and_nothing_else(site: Site) -> None:
    with closing(SqliteDatabase.open(":memory:", sleep=site.runtime.sleep)) as database:
        assert site.run(prepare(database, SETTINGS, site.runtime))
        store = Store(database)
        admin = site.run(store.user("a@jwt.com"))
        assert admin is not None
        assert (admin["id"], admin["name"], admin["roles"]) == (1, "常用名字", [{"role": "admin"}])
        assert site.run(database.rows("SELECT COUNT(*) AS n FROM user")) == [{"n": 1}]
        assert site.run(store.menu()) == []


def test_prepare_with_course_has_the_ids_of_the_course_script(site: Site) -> None:
    assert [(user["id"], user["email"]) for user in site.rows("user")] == [
        (1, "a@jwt.com"),
        (2, "d@jwt.com"),
        (3, "f@jwt.com"),
    ]
    assert [pizza["id"] for pizza in site.rows("menu")] == [1, 2, 3, 4, 5]
    assert site.rows("franchise") == [{"id": 1, "name": "pizzaPocket"}]
    assert site.rows("store") == [{"id": 1, "franchiseId": 1, "name": "SLC"}]


def test_prepare_known_database_leaves_it_as_it_is(site: Site, tmp_path: Path) -> None:
    with closing(SqliteDatabase.open(str(tmp_path / "pizza.db"), sleep=site.runtime.sleep)) as database:
        assert site.run(prepare(database, SETTINGS, site.runtime, with_course=True))
        site.run(database.change(("DELETE FROM user WHERE id = ?", (99,))))
        assert not site.run(prepare(database, SETTINGS, site.runtime, with_course=True))
        assert site.run(database.rows("SELECT COUNT(*) AS n FROM user")) == [{"n": 3}]
