"""test_profile.py PROFILE OUTPUT [RULE.KEY=VALUE]...: the shipped profile, sized for a node of the test."""

import sys
from pathlib import Path

import yaml

profile = yaml.safe_load(Path(sys.argv[1], "profile.yaml").read_text())
profile.update({"latency-wait": 10, "slurm-init-seconds-before-status-checks": 2, "jobs": 10, "retries": 1})
rules = profile["set-resources"]
for row in [profile["default-resources"], *rules.values()]:
    row.update({"mem_mb": 200, "runtime": 5})
rules["train"]["runtime"] = 1  # the shortest that Slurm knows: trainings are cut after ten seconds
for change in sys.argv[3:]:
    place, value = change.split("=")
    rule, key = place.split(".")
    rules[rule][key] = int(value) if value.isdigit() else value
Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
Path(sys.argv[2], "profile.yaml").write_text(yaml.safe_dump(profile))
