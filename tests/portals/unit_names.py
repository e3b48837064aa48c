"""The names by which the bridge writes units where a system has no code of its own: the first of each unit's names."""
import csv
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "mappings/units"


def named():
    out = {}
    for path in sorted(FOLDER.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as f:
            for row in csv.DictReader(f):
                names = [a.partition(":")[2].partition("@")[0].replace("_", " ") for a in row["aliases"].split() if a.startswith("name:")]
                out.update({names[0]: row["unit"]} if names else {})
    return out


NAMES = named()


def unit_named(text):
    """Our code of a name, or the name itself where no unit has it."""
    return NAMES.get(text, text)
