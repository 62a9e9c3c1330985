"""A paper's experiment.yaml: read, checked against its schema, and asked for what hangs together in it.

A method is what is trained, or a mean of methods (`members`). A row is what is tested and stands in tables: a
method, or one network of a method whose checkpoint holds several, named METHOD.NETWORK.
"""

import difflib
import itertools
import sys
from pathlib import Path

import jsonschema
import yaml

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "experiment.schema.yaml"
KINDS = {dict: "keys and values", list: "a list", str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
# What each kind of figure needs, and what it takes besides.
FIGURES = {
    "segmentations": (("region", "channels"), ("methods", "cases", "window", "margin", "apart")),
    "translations": (("region", "method", "cohort", "directions", "titles"), ("cases",)),
    "filtering": (("region", "channels"), ()),
    "amounts": (("regions", "metric", "methods", "gains"), ()),
}
# What a statement of the verdict says beside metric and regions.
STATEMENT_KEYS = (("above",), ("within", "of", "methods"), ("at_most", "methods"), ("published", "table", "methods"))
STATEMENTS = [set(keys) for keys in STATEMENT_KEYS]
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": float, "boolean": bool}


class Fault(Exception):
    """What is wrong, with the keys that lead there."""

    def __init__(self, keys, what):
        self.keys, self.what = list(keys), what
        super().__init__(f"{'.'.join(map(str, self.keys))}: {what}" if self.keys else what)


class UniqueKeys(yaml.SafeLoader):
    """YAML takes the last of two equal keys; here they are a mistake."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            # A merge (<<: *rows) may be overridden by what stands beside it.
            if key.tag != "tag:yaml.org,2002:merge" and key.value in seen:
                raise yaml.constructor.ConstructorError(problem=f"key '{key.value}' twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def did_you_mean(name, known):
    near = difflib.get_close_matches(str(name), [str(k) for k in known], n=1)
    return f"; did you mean '{near[0]}'?" if near else f" (known: {', '.join(map(str, known))})"


def explain(error):
    """One line about an error of the schema."""
    keys, found, wanted = error.absolute_path, error.instance, error.validator_value
    if error.validator == "additionalProperties" and isinstance(found, dict):
        known = error.schema.get("properties", {})
        unknown = next(k for k in found if k not in known)
        return Fault([*keys, unknown], f"unknown key{did_you_mean(unknown, known)}")
    if error.validator == "required":
        return Fault(keys, f"lacks the key '{next(k for k in wanted if k not in found)}'")
    if error.validator == "type":
        names = [wanted] if isinstance(wanted, str) else wanted
        return Fault(keys, f"'{found}' is not {' or '.join(KINDS[TYPES[n]] for n in names)}")
    if error.validator == "enum":
        return Fault(keys, f"'{found}' is not one of {', '.join(map(str, wanted))}")
    if error.validator == "pattern":
        return Fault(keys, f"'{found}' does not have the form {wanted}")
    return Fault(keys, error.message)


class References:
    """Every name that stands for something else in the experiment exists there."""

    def __init__(self, experiment):
        self.experiment = experiment
        self.methods = experiment["methods"]
        self.rows = rows(experiment)

    def one_of(self, known, what, name, *keys):
        if name not in known:
            raise Fault(keys, f"'{name}' is no {what}{did_you_mean(name, known)}")

    def row(self, name, *keys):
        if self.methods.get(name, {}).get("networks"):
            known = " or ".join(rows_of(self.experiment, name))
            raise Fault(keys, f"'{name}' has networks of its own: expected {known}")
        self.one_of(self.rows, "row", name, *keys)

    def region(self, name, *keys):
        self.one_of(self.experiment["regions"], "region", name, *keys)

    def region_or_mean(self, name, *keys):
        if name != self.experiment.get("mean"):
            self.region(name, *keys)

    def all_rows(self, names, *keys):
        for i, name in enumerate(names):
            self.row(name, *keys, i)

    def comparisons(self, table, *keys):
        for reference, others in table.items():
            self.row(reference, *keys, reference)
            self.all_rows(others, *keys, reference)

    def check(self):
        self.division()
        for name, row in self.methods.items():
            self.method(name, row)
        for name in self.methods:
            self.no_circle(name)
        e = self.experiment
        for i, name in enumerate(e["main"]):
            self.one_of(self.methods, "method", name, "main", i)
        self.row(e["reference"], "reference")
        self.all_rows(e.get("uncertainty", []), "uncertainty")
        for i, row in enumerate(e.get("uncertainty", [])):
            if "members" in self.methods[method_of(row)]:
                raise Fault(["uncertainty", i], f"'{row}' is a mean of members; one network is sampled with dropout")
        self.all_rows(e["rivals"], "rivals")
        self.comparisons(e["comparisons"], "comparisons")
        self.tables()
        for number, figure in e.get("figures", {}).items():
            self.figure(figure, "figures", number)
        for i, row in enumerate(e["verdict"]):
            self.statement(row, "verdict", i)
        for i, row in enumerate(e.get("gate", [])):
            self.region_or_mean(row["region"], "gate", i, "region")
            for key in ("method", "minus"):
                if key in row:
                    self.row(row[key], "gate", i, key)
        for name, control in e.get("controls", {}).items():
            self.control(control, "controls", name)
        for name, amount in e.get("amounts", {}).items():
            self.study(amount, "amounts", name)
            if name in e.get("controls", {}):
                raise Fault(["amounts", name], "is the name of a control too; results of the two would lie in one folder")
        for name, scale in e.get("scales", {}).items():
            self.scale(scale, "scales", name)

    def division(self):
        e = self.experiment
        if ("split" in e) == ("folds" in e):
            raise Fault([], "expected either split or folds")
        for name, cohort in e["cohorts"].items():
            splits = set(cohort["pool"] if isinstance(cohort.get("pool"), dict) else {})
            if "folds" in e and splits - {"any"}:
                raise Fault(["cohorts", name, "pool"], "parts of splits, but cases are dealt into folds; expected any")
            if e.get("pool_by_seed") and splits != {"train"}:
                raise Fault(["pool_by_seed"], f"the pool of {name} is not of train alone: test cases would differ by seed")
        if "amounts" in e and not e.get("pool_by_seed"):
            raise Fault(["amounts"], "goes with pool_by_seed, which says which cases keep their labels")
        if e.get("pool_by_seed") and len(e["cohorts"]) > 1:
            raise Fault(["pool_by_seed"], "is for one cohort")
        if "proportions" in e and "split" not in e:
            raise Fault(["proportions"], "goes with split")
        if ("folds" in e) != ("validation" in e):
            raise Fault(["validation"], "goes with folds, and folds with it")
        if ("inner" in e and "folds" not in e) or ("inner" not in e and e.get("validation") == "inner"):
            raise Fault(["inner"], "goes with folds, and `validation: inner` with it")

    def method(self, name, row):
        at = ("methods", name)
        if "members" in row:
            of_trainings = "program settings best_of teacher init networks where annotated translated seed_shift true_labels"
            for key in of_trainings.split():
                if key in row:
                    raise Fault([*at, key], "is nothing for a mean of members, which is not trained")
        else:
            for key in ("program",) if "best_of" in row else ("program", "settings"):
                if key not in row:
                    raise Fault(at, f"lacks the key '{key}'; a mean of other methods has members")
        self.best_of(row, at)
        for key in ("init", "volumes", "like"):
            if key in row:
                self.one_of(self.methods, "method", row[key], *at, key)
        if "teacher" in row:
            known = {method for name in self.methods for method in [name, *rows_of(self.experiment, name)]}
            self.one_of(known, "method", row["teacher"], *at, "teacher")
        for key in ("teacher", "init", "volumes"):
            if key in row and "members" in self.methods[method_of(row[key])]:
                raise Fault([*at, key], f"'{row[key]}' is a mean of members and has no checkpoint")
        for i, member in enumerate(row.get("members", [])):
            single = [m for m in self.methods if "members" not in self.methods[m]]
            self.one_of(single, "trained method", member, *at, "members", i)
        if "annotated" in row:
            self.row(row["annotated"]["by"], *at, "annotated", "by")
            if not has_pool(self.experiment):
                raise Fault([*at, "annotated"], "no cohort has a `pool` that could be annotated")
            if "volumes" in row:
                raise Fault([*at, "volumes"], "does not go with annotated: both say where the volumes come from")
        if row.get("true_labels"):
            if not has_pool(self.experiment):
                raise Fault([*at, "true_labels"], "no cohort has a `pool` whose labels could be used")
            if "annotated" in row or "volumes" in row:
                raise Fault([*at, "true_labels"], "does not go with annotated or volumes: they say where labels come from")
        if "tests" in row:
            self.one_of(self.experiment["cohorts"], "cohort", row["tests"], *at, "tests")
        if "translated" in row:
            self.translated(row, *at)
        others = [*row.get("members", []), *([row["volumes"]] if "volumes" in row else [])]
        if "translated" in row:
            others.append(row["translated"]["by"])
        if "annotated" in row:
            others.append(method_of(row["annotated"]["by"]))
        for other in others:
            if self.methods[other].get("tests") != row.get("tests"):
                raise Fault([*at, "tests"], f"differs from that of {other}, whose networks know other cases")

    def translated(self, row, *at):
        by = row["translated"]
        self.one_of(self.methods, "method", by["by"], *at, "translated", "by")
        self.one_of(self.experiment["cohorts"], "cohort", by["cohort"], *at, "translated", "cohort")
        for key in ("volumes", "annotated", "true_labels"):
            if key in row:
                raise Fault([*at, key], "does not go with translated: both say where the volumes come from")

    def best_of(self, row, at):
        for key in ("settings", "recipe", "like", "own_scale"):
            if "best_of" in row and key in row:
                raise Fault([*at, key], "does not go with best_of: they are those of the best method")
        for i, name in enumerate(row.get("best_of", [])):
            stated = [m for m, other in self.methods.items() if "settings" in other and other["program"] == row["program"]]
            self.one_of(stated, f"method with settings for {row['program']}", name, *at, "best_of", i)

    def no_circle(self, name):
        trail, left = [], [name]
        while left:
            row = self.methods[left.pop()]
            waits_for = [row.get(k) for k in ("init", "volumes")] + row.get("members", []) + row.get("best_of", [])
            waits_for.append(row.get("translated", {}).get("by"))
            by_row = [row.get("teacher", ""), row.get("annotated", {}).get("by", "")]
            for other in [*waits_for, *map(method_of, by_row)]:
                if other == name:
                    what = "teacher, init, volumes, members, best_of, translated or annotated"
                    raise Fault(["methods", name], f"waits for itself, by way of {what}")
                if other and other not in trail:
                    trail.append(other)
                    left.append(other)

    def tables(self):
        e = self.experiment
        for name, metric in e["metrics"].items():
            if "gain_of" in metric:
                self.row(metric["gain_of"], "metrics", name, "gain_of")
        for number, table in e["tables"].items():
            at = ("tables", number)
            self.one_of(e["metrics"], "metric", table["metric"], *at, "metric")
            for label, row in table.get("rows", {}).items():
                self.row(row, *at, "rows", label)
            self.all_rows(table.get("extras", []), *at, "extras")
            self.all_rows(table.get("without", []), *at, "without")

    def figure(self, figure, *at):
        needs, takes = FIGURES[figure["kind"]]
        for key in needs:
            if key not in figure:
                raise Fault(at, f"lacks the key '{key}'")
        for key in figure:
            if key not in (*needs, *takes, "kind", "note"):
                raise Fault([*at, key], f"is nothing for a figure of {figure['kind']}{did_you_mean(key, [*needs, *takes])}")
        for i, region in enumerate(figure.get("regions", [figure.get("region")])):
            self.region(region, *at, *(["regions", i] if "regions" in figure else ["region"]))
        self.all_rows(figure.get("methods", []), *at, "methods")
        self.all_rows(figure.get("apart", []), *at, "apart")
        if "method" in figure:
            self.one_of(self.methods, "method", figure["method"], *at, "method")
            self.one_of(self.experiment["cohorts"], "cohort", figure["cohort"], *at, "cohort")
        for i, (upper, lower) in enumerate(figure.get("gains", [])):
            self.all_rows([upper, lower], *at, "gains", i)
            self.compared(self.experiment["comparisons"], upper, lower, *at, "gains", i)

    def statement(self, row, *at):
        for i, region in enumerate(row["regions"]):
            self.region_or_mean(region, *at, "regions", i)
        for i, group in enumerate(row.get("above", [])):
            self.all_rows(group, *at, "above", i)
        if set(row) - {"metric", "regions"} not in STATEMENTS:
            raise Fault(at, f"expected either {', or '.join(' and '.join(', '.join(s).rsplit(', ', 1)) for s in STATEMENT_KEYS)}")
        self.all_rows(row.get("methods", []), *at, "methods")
        if "table" in row:
            self.one_of(self.experiment["tables"], "table", row["table"], *at, "table")
        if "of" not in row and "above" not in row:
            return
        if "of" in row:
            self.row(row["of"], *at, "of")
        groups = row.get("above", [[row.get("of")], row.get("methods", [])])
        for upper, lower in zip(groups, groups[1:]):
            for a, b in itertools.product(upper, lower):
                self.compared(self.experiment["comparisons"], a, b, *at)

    def compared(self, comparisons, a, b, *at):
        """Without a comparison there is no interval, and the statement stays undecided for ever."""
        if b not in comparisons.get(a, []) and a not in comparisons.get(b, []):
            raise Fault(at, f"'{a}' and '{b}' are not compared; add one to the other's `comparisons`")

    def scale(self, scale, *at):
        for i, name in enumerate(scale.get("without", [])):
            self.one_of(self.methods, "method", name, *at, "without", i)
        if "pool" in scale and len(self.experiment["cohorts"]) > 1:
            raise Fault([*at, "pool"], "is for one cohort")

    def study(self, study, *at):
        for i, name in enumerate(study["methods"]):
            self.one_of(self.methods, "method", name, *at, "methods", i)
        self.comparisons(study["comparisons"], *at, "comparisons")

    def control(self, control, *at):
        self.study(control, *at)
        self.region_or_mean(control["expect"]["region"], *at, "expect", "region")
        for key in ("reference", "against"):
            self.row(control["expect"][key], *at, "expect", key)
        self.compared(control["comparisons"], control["expect"]["reference"], control["expect"]["against"], *at, "expect")


def check(experiment):
    """Throws a Fault for what the schema refuses and for names that lead nowhere."""
    with open(SCHEMA) as stream:
        schema = yaml.safe_load(stream)
    found = jsonschema.Draft202012Validator(schema).iter_errors(experiment)
    errors = sorted(found, key=lambda e: list(map(str, e.absolute_path)))
    if errors:
        raise explain(errors[0])
    References(experiment).check()


def load(path):
    """The checked experiment; a mistake ends the program with one line that names file and key."""
    try:
        with open(path) as stream:
            experiment = yaml.load(stream, Loader=UniqueKeys)
        check(experiment)
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        sys.exit(f"workflow: error: {path}:{mark.line + 1 if mark else ''}: {getattr(e, 'problem', None) or 'not YAML'}")
    except Fault as e:
        sys.exit(f"workflow: error: {path}: {e}")
    return experiment


def rows_of(experiment, method):
    """Rows that a method is tested as."""
    networks = experiment["methods"][method].get("networks")
    return [f"{method}.{network}" for network in networks] if networks else [method]


def rows(experiment):
    """Labels of all rows of tables, by name and in the order of the file."""
    labels = {}
    for method, row in experiment["methods"].items():
        if row.get("scored", True):
            networks = row.get("networks", {})
            labels |= {f"{method}.{n}": label for n, label in networks.items()} or {method: row["label"]}
    return labels


def recipes_of(experiment, method):
    """The recipes by which a method's input is prepared."""
    row = experiment["methods"][method]
    if "best_of" in row:
        return list(dict.fromkeys(recipe for name in row["best_of"] for recipe in recipes_of(experiment, name)))
    named = row.get("recipe", experiment["recipe"])
    return [named] if isinstance(named, str) else named


def seeds_of(experiment, scale, otherwise):
    """The seeds that an experiment wants for all scales or for this one."""
    named = experiment.get("seeds", otherwise)
    return named.get(scale, otherwise) if isinstance(named, dict) else named


def has_pool(experiment):
    """Whether some cases are not labelled, or not to be seen with their labels."""
    return any("pool" in cohort for cohort in experiment["cohorts"].values())


def method_of(row):
    """The method whose checkpoint a row predicts with."""
    return row.partition(".")[0]


def network_of(row):
    """The network of that checkpoint; empty for the only or default one."""
    return row.partition(".")[2]


def needed(experiment, row_names):
    """The trained methods behind some rows, and those whose networks or images these take, each once."""
    found, left = {}, list(trained(experiment, row_names))
    while left:
        name = left.pop(0)
        if name in found:
            continue
        found[name] = None
        row = experiment["methods"][name]
        others = [row.get("teacher"), row.get("init"), row.get("volumes")]
        others += [row.get("translated", {}).get("by"), row.get("annotated", {}).get("by"), *row.get("best_of", [])]
        left += trained(experiment, [other for other in others if other])
    return list(found)


def trained(experiment, row_names):
    """The trained methods behind some rows, each once, in the rows' order."""
    found = {}
    for row in row_names:
        method = method_of(row)
        for name in experiment["methods"][method].get("members", [method]):
            found[name] = None
    return list(found)
