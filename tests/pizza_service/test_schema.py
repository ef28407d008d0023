import math

import pytest

from pizza_service.errors import DatabaseError
from pizza_service.javascript import UNDEFINED
from pizza_service.schema import TABLES, bindable, foreign_key_error


def accept(table: str, name: str, value: object) -> object:
    return TABLES[table][name].accept(value, table=table, name=name)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("franchiseId", 7, 7),
        ("franchiseId", "7", 7),
        ("franchiseId", " 7.5 ", 8),
        ("franchiseId", 2.4, 2),
        ("franchiseId", True, 1),
        ("franchiseId", -5, -5),
        ("franchiseId", 2**31 - 1, 2**31 - 1),
    ],
)
def test_int_column_keeps_whole_numbers(name: str, value: object, kept: int) -> None:
    assert accept("dinerOrder", name, value) == kept


@pytest.mark.parametrize(
    ("value", "kept"), [(0.05, 0.05), ("0.05", 0.05), (-3, -3), (0.123456789, 0.12345679), (99.99999999, 99.99999999)]
)
def test_decimal_column_keeps_eight_places(value: object, kept: float) -> None:
    assert accept("orderItem", "price", value) == kept


@pytest.mark.parametrize(("value", "kept"), [("x", "x"), (5, "5"), (1.5, "1.5"), (True, "1")])
def test_text_column_keeps_texts(value: object, kept: str) -> None:
    assert accept("user", "name", value) == kept


@pytest.mark.parametrize(
    ("table", "name", "value", "message"),
    [
        ("user", "name", None, "Column 'name' cannot be null"),
        ("user", "name", "ü" * 256, "Data too long for column 'name' at row 1"),
        ("store", "franchiseId", 2**31, "Out of range value for column 'franchiseId' at row 1"),
        ("store", "franchiseId", math.nan, "Out of range value for column 'franchiseId' at row 1"),
        ("store", "franchiseId", "1x", "Data truncated for column 'franchiseId' at row 1"),
        ("store", "franchiseId", "", "Incorrect integer value: '' for column `pizza`.`store`.`franchiseId` at row 1"),
        (
            "store",
            "franchiseId",
            "1_0",
            "Incorrect integer value: '1_0' for column `pizza`.`store`.`franchiseId` at row 1",
        ),
        ("store", "franchiseId", [], "Incorrect arguments to mysqld_stmt_execute"),
        ("user", "name", {"a": [1]}, "Incorrect arguments to mysqld_stmt_execute"),
        ("menu", "price", "１", "Incorrect decimal value: '１' for column `pizza`.`menu`.`price` at row 1"),
        ("menu", "price", "nan", "Incorrect decimal value: 'nan' for column `pizza`.`menu`.`price` at row 1"),
        ("menu", "price", 99.999999999, "Out of range value for column 'price' at row 1"),
        ("menu", "price", 1e30, "Out of range value for column 'price' at row 1"),
        ("menu", "price", "9" * 60, "Out of range value for column 'price' at row 1"),
        ("menu", "price", -100, "Out of range value for column 'price' at row 1"),
    ],
)
def test_column_that_cannot_hold_a_value_says_what_mysql_says(
    table: str, name: str, value: object, message: str
) -> None:
    with pytest.raises(DatabaseError) as error:
        accept(table, name, value)
    assert error.value.message == message


def test_bindable_undefined_raises() -> None:
    with pytest.raises(DatabaseError, match="Bind parameters must not contain undefined"):
        bindable(UNDEFINED)


def test_bindable_what_json_cannot_hold_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="nothing that JSON holds"):
        bindable(object())


@pytest.mark.parametrize(("value", "bound"), [(True, 1), (None, None), (10**20, 1e20), (2**62, 2**62)])
def test_bindable_json_value_is_what_the_driver_sends(value: object, bound: object) -> None:
    assert bindable(value) == bound


def test_foreign_key_error_names_the_missing_table() -> None:
    assert "REFERENCES `dinerOrder` (`id`)" in foreign_key_error("orderItem").message
