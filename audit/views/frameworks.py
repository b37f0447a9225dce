"""What three frameworks ask for, shortened, item by item, and how each is answered from a run.

Sources: Regulation (EU) 2024/1689, Article 10(2) to (5) and Annex IV, point 2; NIST AI 100-1 and its Playbook, MEASURE 2.11.
"""

from dataclasses import dataclass

from audit.views.looks import (
    DATA,
    RATES,
    Look,
    balanced,
    crossed,
    disability,
    limits,
    measured,
    methods,
    mitigation,
    not_applicable,
    origin,
    recorded,
    resources,
    small,
    special,
    written,
)


@dataclass(frozen=True)
class Item:
    """One thing that a framework asks for."""

    name: str
    asks: str
    look: Look


ARTICLE_10 = (
    Item(
        "10(2)(a)",
        "Design choices for the data",
        recorded("recipe.yaml: every step, limit and seed. The reasons are for a person."),
    ),
    Item("10(2)(b)", "Collection and origin of the data, and the first purpose of personal data", origin),
    Item(
        "10(2)(c)",
        "Preparation: labelling, cleaning, enrichment, aggregation",
        measured(
            ("rows", "drop_rate", "changed_rate", "added_rows", "refused"),
            (
                "Account of every row in the report; the ledger says what happened to each. How labels were given is "
                "for a person."
            ),
        ),
    ),
    Item("10(2)(d)", "Assumptions on what the data measure and represent", written("What the data stand for.")),
    Item(
        "10(2)(e)",
        "Availability, quantity and suitability of the data needed",
        measured(("rows",), "Where the rows stand, in the report. Whether they suit and suffice is for a person."),
    ),
    Item(
        "10(2)(f)",
        "Examination for possible biases",
        measured(DATA, "Who is in the data, and who was removed by what, in the report.", group=...),
    ),
    Item("10(2)(g)", "Measures to detect, prevent and mitigate biases", mitigation),
    Item(
        "10(2)(h)",
        "Gaps and shortcomings of the data, and how to address them",
        recorded("Cautions in the report: what nobody can tell from these data. How to address them is for a person."),
    ),
    Item(
        "10(3)",
        (
            "Relevant, sufficiently representative, and as free of errors and complete as can be; statistical "
            "properties as to groups of persons"
        ),
        measured(
            ("share", "label_rate"),
            (
                "Shares, label rates and rows at fault, in the report; shares from elsewhere if the recipe names a "
                "reference. Relevance to the purpose is for a person."
            ),
            group=...,
        ),
    ),
    Item(
        "10(4)",
        "Features of the geographical, contextual, behavioural or functional setting of use",
        written("Where and by whom the system will be used."),
    ),
    Item(
        "10(5)",
        (
            "Special categories of personal data for the detection and correction of bias: only where strictly "
            "necessary, under conditions"
        ),
        special,
    ),
)

ANNEX_IV = (
    Item("2(a)", "Methods and steps of the development, third-party and pre-trained parts", methods),
    Item(
        "2(b)",
        "Design: logic, assumptions, what is optimised for, trade-offs",
        written("The design of the system and its reasons."),
    ),
    Item("2(c)", "Architecture, and computing resources used", resources),
    Item(
        "2(d)",
        (
            "Data sheets: provenance, scope and main features of the data, how it was obtained, selected, labelled "
            "and cleaned"
        ),
        recorded("“fairlead view RUN datasheet”. What it leaves to a person is for a person."),
    ),
    Item("2(e)", "Human oversight needed", written("The assessment of the measures for oversight.")),
    Item(
        "2(f)",
        "Changes determined in advance",
        written("Whether there are any, and what keeps performance as it is."),
    ),
    Item(
        "2(g)",
        (
            "Validation and testing: data, metrics of accuracy and of potentially discriminatory impacts, logs and "
            "reports dated and signed"
        ),
        measured(
            RATES,
            ("The report: figures over all rows and by group. Robustness, date and signature are for a person."),
            model=...,
        ),
    ),
    Item("2(h)", "Cybersecurity measures", written("The measures that were taken.")),
)

MEASURE_2_11 = (
    Item(
        "Harms",
        "Kinds of harm: of allocation, representation, quality of service, stereotyping, erasure",
        written("Which harms may arise, from the MAP function."),
    ),
    Item("Groups", "Groups across, within and where they intersect that might be harmed", crossed),
    Item(
        "Metrics",
        "General metrics such as parity of selection, equalized odds, tests",
        measured(RATES, "How the models treat the groups, in the report.", attribute=...),
    ),
    Item(
        "Context",
        "Metrics of the context, made with those affected",
        written("Which metrics those affected ask for."),
    ),
    Item(
        "Differences",
        "Differences across and within groups and intersections",
        measured(RATES, "Gaps with intervals and tests, in the report.", compare="difference", group=None),
    ),
    Item(
        "Errors",
        "False positive and false negative rates",
        measured(("false_positive_rate", "false_negative_rate"), "By group, in the report.", group=...),
    ),
    Item(
        "Sensitivity",
        "Sensitivity of what was found",
        measured(
            ("impact_ratio_one_more", "label_impact_ratio_one_more"),
            "“fairlead view RUN four-fifths”: whether one person more would change it.",
        ),
    ),
    Item("Small groups", "Biases that affect small groups or single individuals", small),
    Item(
        "Data",
        "Bias in training and test data: completeness, representation, balance, outcomes",
        measured(DATA, "Who is in the data, in the report.", group=...),
    ),
    Item(
        "Proxies",
        "Features that stand in for membership of a group",
        measured(
            ("npmi", "log_odds"),
            "Labels and words that go with a group, in the report; which columns may stand in for one, a person must say.",
        ),
    ),
    Item("Disability", "Inclusion of people with disabilities", disability),
    Item("Limits", "Acceptable levels of difference", limits),
    Item("Actions", "What is done when a level is exceeded", written("Who does what.")),
    Item("Before training", "Transformations of the data for balance and representation", balanced),
    Item(
        "Monitoring",
        "Monitoring of outputs in use",
        not_applicable("A run is one moment before use; monitoring is of a system in use."),
    ),
    Item(
        "People",
        "Systemic and human bias, assessment of impact with those affected",
        written("What was assessed, and with whom."),
    ),
)
