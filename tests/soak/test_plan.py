"""The seed decides what happens when."""

import plan


def test_a_seed_repeats_the_plan() -> None:
    assert plan.make("7", 60) == plan.make("7", 60)


def test_another_seed_is_another_plan() -> None:
    assert plan.make("7", 60) != plan.make("8", 60)


def test_every_fault_in_every_round() -> None:
    steps = plan.make("7", 4 * plan.ROUND_SECONDS)
    for number in range(4):
        begin = number * plan.ROUND_SECONDS
        faults = [step.fault for step in steps if begin <= step.at < begin + plan.ROUND_SECONDS]
        assert {fault: faults.count(fault) for fault in plan.FAULTS} == plan.FAULTS


def test_in_order_and_in_time() -> None:
    steps = plan.make("7", 10)
    assert steps == sorted(steps, key=lambda step: step.at)
    assert all(0 <= step.at <= 10 and 1 <= step.application <= plan.APPLICATIONS for step in steps)
