"""The order of the load test's measurements, and its report."""

from twisted.trial.unittest import SynchronousTestCase

from benchmarks.load import Plan, Result, report
from benchmarks.scenarios import SCENARIOS
from benchmarks.servers import Server


class PlanTests(SynchronousTestCase):
    def test_servers_take_turns_and_every_other_time_the_other_way_round(self) -> None:
        plan = Plan(
            {"dm": SCENARIOS["dm"]},
            [Server("a", "h", 1), Server("b", "h", 2)],
            repeat=2,
            seconds=1,
            server_cpu=None,
        )

        order = [server.name for _, _, server in plan.turns()]

        self.assertEqual(order, ["a", "b", "b", "a"])


class ReportTests(SynchronousTestCase):
    def test_a_cell_is_the_median_with_the_least_and_the_greatest(self) -> None:
        results = [Result("dm", "a", 0, {"p50 ms": value}) for value in (9.0, 1.5, 2.0)]

        self.assertEqual(report(results).splitlines()[-1], "| a | 2.00 (1.50-9.00) |")

    def test_what_cannot_be_known_is_not_guessed(self) -> None:
        self.assertEqual(report([Result("dm", "a", 0, {"x": None})]).splitlines()[-1], "| a | n/a |")

    def test_a_busy_load_generator_is_told(self) -> None:
        told = report([Result("dm", "a", 0, {"load CPU %": 97.0})])

        self.assertIn("| a* | 97.0 |", told)
        self.assertIn("the server can do more", told)
