from harness.alerting.promql import Labels, SeriesStore
from harness.events import PanelsRead
from harness.gameday.dashboards import EVERY_SECONDS, HEIGHT, POINTS, WIDTH, Dashboards


def dashboards(values: list[float | None]) -> Dashboards:
    """Take down a gauge that has these values, or is not there at all."""
    made, store = Dashboards(), SeriesStore()
    for number, value in enumerate(values):
        at = 1000.0 + number * 120
        if value is not None:
            store.append(Labels({"__name__": "active_users"}), at, value)
        if panels := made.read(store, at):
            made.hear(panels)
    return made


def active_users(made: Dashboards) -> tuple[str, tuple[str, ...]]:
    panel = next(panel for panel in made.panels if panel.title == "active users")
    return panel.now, panel.lines


def test_panel_shows_the_newest_value() -> None:
    assert active_users(dashboards([4.0, 7.0]))[0] == "7.0"


def test_silence_is_shown_as_no_data_and_not_as_zero() -> None:
    now, lines = active_users(dashboards([4.0, 0.0, None]))
    assert now == "no data"
    assert active_users(dashboards([4.0, 0.0]))[0] == "0.0"
    assert len(lines) == 1


def test_course_is_broken_where_there_was_no_data() -> None:
    _, lines = active_users(dashboards([4.0, None, 4.0]))
    assert len(lines) == 2


def test_course_stays_within_its_frame() -> None:
    _, lines = active_users(dashboards([float(number) for number in range(POINTS + 20)]))
    points = [tuple(map(float, point.split(","))) for line in lines for point in line.split()]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert len(points) == POINTS


def test_panel_says_how_high_its_course_reaches() -> None:
    panels = {panel.title: panel.most for panel in dashboards([4.0, 70.0, None]).panels}
    assert (panels["active users"], panels["CPU in %"]) == ("70", "")


def test_point_is_taken_no_oftener_than_said() -> None:
    made, store = Dashboards(), SeriesStore()
    read = [made.read(store, 1000.0 + second) for second in range(25)]
    assert sum(panels is not None for panels in read) == 25 // EVERY_SECONDS + 1


def test_panels_that_were_recorded_show_again_what_was_shown() -> None:
    first, again = Dashboards(), Dashboards()
    again.hear(PanelsRead(values={"active users": 7.0}))
    assert again.panels[5].now == "7.0"
    assert again.panels[0].now == first.panels[0].now == "no data"


def test_course_is_drawn_while_values_go_on_coming_in() -> None:
    panel = Dashboards().panels[0]

    class Meanwhile(float):
        def __rmul__(self, other: float) -> float:
            panel.values.append(3.0)
            return other * float(self)

    panel.values.extend([Meanwhile(1.0), Meanwhile(2.0)])
    assert len(panel.lines[0].split()) == 2
