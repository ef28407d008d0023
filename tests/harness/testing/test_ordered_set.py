from harness.testing.ordered_set import OrderedSet


def test_set_gives_its_items_in_the_order_in_which_they_came() -> None:
    filled = OrderedSet([3, 1, 2, 1])
    filled.add(0)
    filled.add(3)
    assert list(filled) == [3, 1, 2, 0]
    assert len(filled) == 4
    assert repr(filled) == "OrderedSet([3, 1, 2, 0])"


def test_set_without_an_item_lets_it_go_and_does_not_miss_another() -> None:
    filled = OrderedSet("abc")
    filled.discard("b")
    filled.discard("z")
    assert "b" not in filled
    assert list(filled) == ["a", "c"]


def test_set_operations_keep_the_order_of_the_left_hand() -> None:
    left = OrderedSet([3, 1, 2])
    assert list(left.union([9, 1])) == [3, 1, 2, 9]
    assert list(left.difference({1})) == [3, 2]
    assert list(left.intersection([2, 3])) == [3, 2]
    assert list(left | {9}) == [3, 1, 2, 9]


def test_copy_of_a_set_changes_alone() -> None:
    left = OrderedSet([3, 1])
    copied = left.copy()
    copied.update([7], [8])
    assert list(copied) == [3, 1, 7, 8]
    assert list(left) == [3, 1]
