"""The invented measures of the data and of the models, for the sample audits."""

from invention import THIRTEEN, Invention, changes, interval, slug

from audit.results import Measure, Model, Selection

PRONOUNS = ("he", "she", "they", "none mentioned")
DROPPING = ("length", "word_list", "exact", "minhash")


def data_measures(made: Invention) -> list[Measure]:
    found = []
    for step in (*DROPPING, "split", "unicode", None):
        prefix = f"drop_rate.{step or 'all_steps'}"
        usual = {"length": 0.063, "word_list": 0.05, "exact": 0.013, "minhash": 0.02, None: 0.14}.get(step, 0.0)
        found.append(made.rate(prefix, f"Dropped by {step or 'all steps'}", 6514, usual, metric="drop_rate", step=step))
        found += made.groups(
            prefix,
            f"Dropped by {step or 'all steps'}",
            "target",
            THIRTEEN,
            usual,
            min(usual, 0.05),
            metric="drop_rate",
            step=step,
        )
    found += made.groups(
        "changed_rate.whitespace",
        "Rewritten by whitespace",
        "target",
        THIRTEEN,
        0.28,
        0.05,
        metric="changed_rate",
        step="whitespace",
    )
    learned, read = Selection(table="rows", equals={"side": "train"}), Selection(table="curation")
    for word, step in (("", None), ("read.", "read")):
        found.append(
            made.rate(
                f"label_rate.{word}".rstrip("."),
                "Label hate",
                5602,
                0.444,
                metric="label_rate",
                label="hate",
                step=step,
                selection=read if step else learned,
            )
        )
        found += made.groups(
            f"label_rate.{word}".rstrip("."),
            "Label hate",
            "target",
            THIRTEEN,
            0.444,
            0.2,
            metric="label_rate",
            label="hate",
            step=step,
            selection=read if step else learned,
        )
    for word, n in (("read", 6514), ("train", 4861), ("test", 1120)):
        where = Selection(table="curation") if word == "read" else Selection(table="rows", equals={"side": word})
        found.append(
            Measure(id=f"rows.{word}", title=f"Rows, {word}", metric="rows", value=n, n=n, numerator=n, selection=where)
        )
        for group in (*THIRTEEN, "unknown"):
            rows, name = made.sizes.get(group, 31) * n // 6514, f"share.{word}.target.{slug(group)}"
            found.append(Measure(
                id=name, title=f"Share of rows, {word}, target: {group}", metric="share", attribute="target", group=group, value=rows / n, n=n,
                numerator=rows, selection=where, hits={"group_target": group},
            ))  # fmt: skip
    for group, before, after in zip(PRONOUNS, (56, 35, 231, 640), (163, 4, 129, 665), strict=True):
        name, same = (
            f"pronouns.{group.replace(' ', '_')}",
            {"attribute": "pronouns", "group": group, "step": "back_translate"},
        )
        first = made.rate(
            f"mention_before.back_translate.{name}",
            f"Originals, {group}",
            939,
            before / 939,
            metric="mention_before",
            **same,
        )
        second = made.rate(
            f"mention_after.back_translate.{name}", f"Copies, {group}", 939, after / 939, metric="mention_after", **same
        )
        apart = (after - before) / 939
        found += [first, second, Measure.model_validate({
            "id": f"mention_change.back_translate.{name}", "title": f"Change, {group}", "metric": "mention_change", "value": apart, "n": 939,
            "interval": interval(apart - 0.02, apart + 0.02, "Newcombe, paired"), "parts": (first.id, second.id), "p_value": 0.0001,
            "test": "exact McNemar", **same,
        })]  # fmt: skip
    found.append(Measure(
        id="refused.back_translate.negation_lost", title="Copies refused by back_translate: negation_lost", metric="refused", value=48, n=1177,
        numerator=48, step="back_translate",
    ))  # fmt: skip
    found.append(
        Measure(
            id="added_rows.back_translate",
            title="Added by back_translate",
            metric="added_rows",
            step="back_translate",
            value=939,
            n=1177,
            numerator=939,
        )
    )
    return found


def _overall(made: Invention, model: Model, usual: float) -> list[Measure]:
    who = f"{model} model"
    found = [
        made.rate(f"{model}.{metric}", f"{title}, {who}", 1120, share, metric=metric, model=model)
        for metric, title, share in (
            ("accuracy", "Accuracy", usual), ("selection_rate", "Selection rate", 0.47), ("true_positive_rate", "True positive rate", usual),
            ("false_positive_rate", "False positive rate", 1 - usual), ("unparsed", "Answers not understood", 0.01),
        )
    ]  # fmt: skip
    found.append(Measure(
        id=f"{model}.macro_f1", title=f"Macro F1, {who}", metric="macro_f1", model=model, value=usual - 0.012, n=1120,
        interval=interval(usual - 0.04, usual + 0.02, "bootstrap, 2000 replicates, seed 7"),
    ))  # fmt: skip
    found.append(
        Measure(
            id=f"{model}.calibration_error",
            title=f"Calibration error, {who}",
            metric="calibration_error",
            model=model,
            value=0.081,
            n=1120,
        )
    )
    found.append(
        Measure(id=f"{model}.brier", title=f"Brier score, {who}", metric="brier", model=model, value=0.352, n=1120)
    )
    for label in ("hate", "neutral"):
        for metric in ("precision", "recall", "f1"):
            name, title = f"{model}.{metric}.{label}", f"{metric} of {label}, {who}"
            found.append(
                made.rate(
                    name, title, 560, usual + made.chance.uniform(-0.06, 0.06), metric=metric, model=model, label=label
                )
            )
        for answer in ("hate", "neutral"):
            n = round(560 * (usual if answer == label else 1 - usual))
            found.append(Measure(
                id=f"{model}.confusion.{label}.{answer}", title=f"{who}: {label} answered {answer}", metric="confusion", model=model, label=label,
                value=n, n=560, numerator=n, selection=Selection(table="predictions", equals={"label": label}), hits={f"{model}_answer": answer},
            ))  # fmt: skip
    return found


def model_measures(made: Invention, models: tuple[Model, ...], attributes: dict[str, tuple[str, ...]]) -> list[Measure]:
    found, by_model = (
        [
            Measure(
                id="majority_baseline",
                title="Always neutral",
                metric="majority_baseline",
                value=0.556,
                n=1120,
                numerator=623,
            )
        ],
        {},
    )
    for model in models:
        overall = _overall(made, model, 0.535 if model == "base" else 0.738)
        grouped = []
        for attribute, names in attributes.items():
            for metric, title, usual, wide in (
                ("accuracy", "Accuracy", 0.72, 0.08), ("selection_rate", "Selection rate", 0.47, 0.2),
                ("true_positive_rate", "True positive rate", 0.74, 0.12), ("false_positive_rate", "False positive rate", 0.24, 0.14),
            ):  # fmt: skip
                shift = 0.15 if model == "base" else 0.0
                grouped += made.groups(
                    f"{model}.{metric}",
                    f"{title}, {model} model",
                    attribute,
                    names,
                    usual + shift,
                    wide,
                    metric=metric,
                    model=model,
                )
        by_model[model] = [*overall, *grouped]
        found += by_model[model]
    if models == ("base", "tuned"):
        found += changes(by_model["base"], by_model["tuned"])
        found.append(Measure(
            id="mcnemar.accuracy", title="337 rows better, 110 worse", metric="mcnemar", value=0.00000004, p_value=0.00000004, n=1120,
            test="exact McNemar", parts=("better", "worse"),
        ))  # fmt: skip
        found += [
            Measure(
                id="better",
                title="Rows that only the tuned model got right",
                metric="better",
                value=337,
                n=1120,
                numerator=337,
            ),
            Measure(
                id="worse",
                title="Rows that only the base model got right",
                metric="worse",
                value=110,
                n=1120,
                numerator=110,
            ),
        ]
    return found
