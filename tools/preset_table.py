"""Train the tutorials' presets from the command line and print the README's table of them.

    .venv/bin/python tools/preset_table.py [results.jsonl]

Results are appended to the file as they arrive, so that an interrupted table is continued.
"""

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fmnist_core.evaluation import wilson
from fmnist_core.presets import PRESETS, Preset
from fmnist_core.summary import summarise
from fmnist_core.wording import percent

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "preset_results.jsonl")
    done = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    results = {result["preset"]: result for result in done}
    # The sprints are measured with five seeds, and by the clock: make bench.
    presets = [preset for name, preset in PRESETS.items() if not name.startswith("sprint-")]
    for name in {preset.name for preset in presets} - results.keys():
        results[name] = train(name)
        with path.open("a") as file:
            file.write(json.dumps(results[name]) + "\n")
    print("| preset | parameters | test accuracy here (n = 10,000, 95 % interval) | published |")
    print("|---|---|---|---|")
    for preset in presets:
        print(row(preset, results[preset.name]))


def train(name: str) -> dict[str, object]:
    command = [sys.executable, "-m", "fmnist_core", "train", "--preset", name, "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return {"preset": name, **json.loads(done.stdout.splitlines()[-1])}


def row(preset: Preset, result: dict[str, dict[str, float]]) -> str:
    parameters = summarise(preset.experiment.architecture).parameters
    test = result["test"]
    n = int(test["n"])
    interval = wilson(round(test["accuracy"] * n), n)
    ours = f"{percent(test['accuracy'])} ({100 * interval.low:.1f} to {100 * interval.high:.1f})"
    published = preset.published
    theirs = percent(published.accuracy) if published else ""
    if published and published.note:
        theirs += " (raw pixels)"
    return f"| {preset.title} (`{preset.name}`) | {parameters:,} | {ours} | {theirs} |"


if __name__ == "__main__":
    main()
