from harness.checks import judge
from harness.exports.grafana import grafana_annotations
from tests.harness.checks.stories import night, t
from tests.harness.checks.test_stories import expectations


def test_annotations_have_a_region_for_the_run_and_each_fault_and_a_moment_for_the_rest() -> None:
    made = grafana_annotations(night(), judge(night(), expectations()))
    regions = [one for one in made if "timeEnd" in one]
    assert [one["tags"][1:] for one in regions] == [
        ["run", "passed"],
        ["fault", "balancer_missing"],
        ["fault", "factory_fail"],
    ]
    assert regions[1]["time"] == t("05:24").timestamp() * 1000
    assert regions[1]["timeEnd"] == t("13:10:02").timestamp() * 1000
    assert all(one["tags"][0] == "pizza-chaos" and one["text"] for one in made)


def test_annotations_tell_alerts_pages_and_remedies_in_order() -> None:
    made = grafana_annotations(night(), judge(night(), expectations()))[1:]
    assert [one["time"] for one in made] == sorted(one["time"] for one in made)
    assert {one["tags"][1] for one in made} == {"fault", "alert", "page", "acknowledge", "diagnosis", "remedy", "step"}
