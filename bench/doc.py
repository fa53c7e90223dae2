#!/usr/bin/python3
"""Puts the results of the last make bench into docs/PERFORMANCE.md: table, machine, pictures.

Only what stands between the marks is replaced; the text around it is for people to write, and to
write again when the numbers say something else.
"""

import json
import shutil
import sys

import report
from asterisk import OUT, REPO

PAGE = REPO / "docs" / "PERFORMANCE.md"
PICTURES = REPO / "docs" / "performance"
BEGIN = "<!-- results: bench/doc.py -->"
END = "<!-- end of results -->"


CAPTIONS = {
    "latency": "Offer to StasisStart, 10 applications, 50 calls a second",
    "fan-out": "First to last application over the number of applications",
    "pool": "Calls a second over the number of applications, half of them busy, ours with k(8)",
    "pool-cpu": "CPU time of Asterisk for a claimed call over the number of applications, ours with k(8)",
    "hang-up": "Hang-up while on offer, until the dialplan goes on",
    "stalled-100": "20 of 21 applications do not read, write timeout 100 ms",
    "stalled-5000": "20 of 21 applications do not read, write timeout 5 s",
}


def pictures() -> list[str]:
    """Copy the pictures beside the page; the links to them."""
    PICTURES.mkdir(exist_ok=True)
    for picture in PICTURES.glob("*.svg"):
        picture.unlink()
    links = []
    for picture in sorted(OUT.glob("*.svg"), key=lambda path: list(CAPTIONS).index(path.stem)):
        shutil.copy(picture, PICTURES)
        links.append(f"![{CAPTIONS[picture.stem]}]({PICTURES.name}/{picture.name})")
    return links


def results(found: dict) -> str:
    others = [entry["others_cores"] for entry in found["cases"] if entry["others_cores"] is not None]
    text = [
        f"Commit `{found['commit']}`, Asterisk {found['asterisk']}, {found['cpu']}, {found['cores']} cores, "
        f"{found['memory_gib']} GiB, Linux {found['kernel']}; {found['pairs']} pairs. Load average before the run: "
        f"{found['load_at_start']:.1f}. Other programs took {min(others):.1f} to {max(others):.1f} cores while the "
        "cases ran (medians of the cases).",
        report.markdown_table(found),
        report.closing(found) + ".",
    ]
    if found["trouble"]:
        text.append("Runs that did not count and were repeated: " + "; ".join(found["trouble"]) + ".")
    return "\n\n".join(text + pictures())


def main() -> int:
    found = json.loads((OUT / "report.json").read_text())
    if found["quick"]:
        sys.exit("doc: the last run was a quick one; make bench first")
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"doc: {PAGE} has no lines {BEGIN} and {END}")
    PAGE.write_text(f"{before}{BEGIN}\n{results(found)}\n{END}{after}")
    print(f"{PAGE} and {PICTURES} have the results of commit {found['commit']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
