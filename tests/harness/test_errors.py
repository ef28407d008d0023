from harness.errors import unknown_name


def test_unknown_name_with_a_near_one_asks_whether_it_was_meant() -> None:
    said = unknown_name("remedy", "recreate sevice", known=["redeploy", "recreate service"])
    assert (
        said == "unknown remedy 'recreate sevice'. Did you mean 'recreate service'? Known: recreate service, redeploy."
    )


def test_unknown_name_with_nothing_near_lists_what_is_known() -> None:
    assert unknown_name("stack", "zzz", known=[]) == "unknown stack 'zzz'. Known: none."
