"""Pictures of a run, drawn with gnuplot."""

import re
import shutil
import subprocess
from pathlib import Path

from scenario import Context

SIDES = {"ours": ("ours", "#0072b2"), "own": ("Asterisk's own", "#d55e00")}

# What is drawn as a distribution: samples, file, title, axis.
DISTRIBUTIONS = [
    ("race-50", "latency", "10 applications race for 50 calls a second", "offer to StasisStart, ms"),
    ("hang-up", "hang-up", "A call is hung up while it is on offer", "until the dialplan goes on, ms"),
    ("stalled-100", "stalled-100", "20 of 21 applications do not read, write timeout 100 ms", "call to offer, ms"),
    ("stalled-5000", "stalled-5000", "20 of 21 applications do not read, write timeout 5 s", "call to offer, ms"),
]
# What is drawn over the number of applications: file, cases with the number in brackets, title, axis.
OVER_APPLICATIONS = [
    ("fan-out", r"fan-out-(\d+)", "First to last application that holds the offer", "ms"),
    ("pool-cpu", r"pool-cpu-(\d+)", "CPU time of Asterisk for a claimed call, ours with k(8)", "ms"),
    ("pool", r"pool-(\d+)-k8", "Half of the applications claim after 1 ms, 8 calls at once, ours with k(8)", "calls/s"),
]
MOST_POINTS = 2000


def tail(values: list[float]) -> list[tuple[float, float]]:
    """For each value, which share of all took at least so long."""
    ordered = sorted(values)
    count = len(ordered)
    points = [(value, 1 - index / count) for index, value in enumerate(ordered)]
    step = max(1, count // MOST_POINTS)
    # The slowest are what the picture is for: all of them.
    return points[:-MOST_POINTS:step] + points[-MOST_POINTS:]


def gnuplot(folder: Path, name: str, script: str) -> None:
    path = folder / f"{name}.gnuplot"
    path.write_text(script)
    subprocess.run(["gnuplot", path.name], cwd=folder, check=True)


def head(name: str, title: str) -> str:
    return (
        'set terminal svg size 720,420 dynamic font "sans-serif,13" background "white"\n'
        f'set output "{name}.svg"\nset title "{title}"\nset grid\nset key top right\n'
    )


def distribution(folder: Path, context: Context, what: str, name: str, title: str, axis: str) -> None:
    lines = []
    for side, (label, colour) in SIDES.items():
        values = context.samples.get((what, side))
        if not values:
            return
        data = folder / f"{name}.{side}.dat"
        data.write_text("".join(f"{max(value, 0.01):.4f} {share:.8f}\n" for value, share in tail(values)))
        lines.append(f'"{data.name}" with lines lw 2 lc rgb "{colour}" title "{label} ({len(values)} values)"')
    script = head(name, title) + f'set xlabel "{axis}"\nset ylabel "share that took longer"\nset logscale xy\n'
    gnuplot(folder, name, script + 'set format y "%g"\nplot ' + ", ".join(lines) + "\n")


def over_applications(folder: Path, report: dict, name: str, cases: str, title: str, axis: str) -> None:
    """Median and range over the number of applications."""
    lines = []
    for side, (label, colour) in SIDES.items():
        points = []
        for entry in report["cases"]:
            found = re.fullmatch(cases, entry["name"])
            if found and entry[side]:
                values = entry[side]
                points.append(f"{found[1]} {values['median']:.4f} {values['min']:.4f} {values['max']:.4f}\n")
        if len(points) < 2:
            return
        data = folder / f"{name}.{side}.dat"
        data.write_text("".join(points))
        lines.append(f'"{data.name}" with yerrorlines lw 2 pt 7 ps 0.6 lc rgb "{colour}" title "{label}"')
    script = head(name, title)
    script += f'set xlabel "applications"\nset ylabel "{axis}, median and range of the runs"\nset logscale xy\nset key top left\n'
    gnuplot(folder, name, script + "set xrange [8:1300]\nplot " + ", ".join(lines) + "\n")


def draw(folder: Path, report: dict, context: Context) -> None:
    if not shutil.which("gnuplot"):
        print("No gnuplot, no pictures: install the package gnuplot-nox")
        return
    # Pictures of an earlier run are not of this one.
    for picture in folder.glob("*.svg"):
        picture.unlink()
    for name, cases, title, axis in OVER_APPLICATIONS:
        over_applications(folder, report, name, cases, title, axis)
    for what, name, title, axis in DISTRIBUTIONS:
        distribution(folder, context, what, name, title, axis)
