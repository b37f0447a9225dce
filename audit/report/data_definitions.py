"""What is measured of the data and of its curation, in words for a reader who never ran a model."""

from audit.report.definition import Definition

DATA: dict[str, Definition] = {
    "rows": Definition("Rows", "count", "How many rows there are."),
    "share": Definition("Share of rows", "percent", "Rows of the group out of all rows."),
    "known_share": Definition(
        "Share of known rows",
        "percent",
        "Rows of the group out of those whose group is known; held against a reference share.",
    ),
    "label_rate": Definition("Label rate", "percent", "Rows with this label out of all labelled rows of the group."),
    "npmi_group": Definition(
        "Rows of the group", "percent", "Of the labelled rows to learn from whose groups are known, those of the group."
    ),
    "npmi_label": Definition(
        "Rows with the label",
        "percent",
        "Of the labelled rows to learn from whose groups are known, those with the label.",
    ),
    "npmi": Definition(
        "nPMI",
        "number",
        "How much more often two things stand on the same row than if neither had to do with the other (normalised pointwise "
        "mutual information): 0 is no more often, towards 1 hardly ever apart, towards −1 hardly ever together. Half a "
        "row is added to each of the four counts (with both, with one, with the other, with neither).",
    ),
    "word_rows": Definition(
        "Rows compared by their words", "count", "Rows whose groups are known; copies are not counted."
    ),
    "word_share": Definition("Rows with a word", "percent", "Rows of the group, or of the rest, that hold the word."),
    "log_odds": Definition(
        "Log-odds ratio of a word",
        "number",
        "How much more of the words of a group's rows are this word than of the rest's, each word of a row counted once, as the "
        "logarithm of the ratio of the odds and drawn towards 0 where rows are few (Monroe and others 2008). z is that number "
        "over its standard error.",
    ),
    "drop_rate": Definition(
        "Drop rate", "percent", "Rows of the group that a step removed out of those that came to the step."
    ),
    "stage_share": Definition(
        "Share at a stage",
        "percent",
        "Rows of the group out of all rows that were there at this point of the curation.",
    ),
    "stage_label_rate": Definition(
        "Label rate at a stage",
        "percent",
        "Rows with a positive label out of all labelled rows of the group that were there at this point of the curation.",
    ),
    "label_shift": Definition(
        "Shift of the label rate",
        "points",
        "The label rate of a group in what is learned from, less that before the training steps.",
    ),
    "made_label_rate": Definition(
        "Label rate of made rows",
        "percent",
        "Rows with a positive label out of the labelled rows of the group that a step made.",
    ),
    "lost": Definition(
        "Lost to cleaning",
        "percent",
        "Rows of a source, label or group that were dropped before the split, but for those that a step drew out on purpose.",
    ),
    "expected_missed": Definition(
        "Expected missed",
        "percent",
        "Near-duplicates that shared no band and so were not compared: judged by the rows that were dropped, of which each with "
        "its survivor is a pair that stands for one over the probability that it was found (Horvitz and Thompson). The interval "
        "is of what is to be expected; how many were missed in fact scatters around it by chance.",
    ),
    "chained": Definition(
        "Merged by a chain",
        "percent",
        "Rows that went though they are not like the row that stays: only rows between the two are like both.",
    ),
    "other_label": Definition(
        "Merged with another label",
        "percent",
        "Rows that went for a row that stays and has, as read, another label, out of all that went for one that stays.",
    ),
    "flip": Definition(
        "Fates that a swap changes",
        "percent",
        "Rows that are kept as they are and dropped with the other group's terms, or the other way round, out of all swapped rows. "
        "Steps that look at many rows at once are not asked.",
    ),
    "swapped": Definition(
        "Could be swapped",
        "percent",
        "Drawn rows of the group that do not mention the other one and whose every term has a counterpart there.",
    ),
    "swap_lost": Definition(
        "Lost by a swap", "count", "Rows that are kept as they are and would be dropped with the other group's terms."
    ),
    "swap_gained": Definition(
        "Gained by a swap", "count", "Rows that are dropped as they are and would be kept with the other group's terms."
    ),
    "flipped_at": Definition(
        "Fates changed by a step", "count", "Swaps after which, or without which, this step drops the row."
    ),
    "changed_differently": Definition(
        "Rewritten differently",
        "percent",
        "Of the swapped rows that are kept both times, those that a rewrite or a mask changes in one text otherwise than in the "
        "other: it finds something else, or more of it.",
    ),
    "changed_rate": Definition(
        "Rewrite rate", "percent", "Rows of the group whose text a step rewrote out of those that came to it."
    ),
    "mention_before": Definition(
        "Mentions before", "percent", "Of the rows made from others, those whose original mentions the group."
    ),
    "mention_after": Definition(
        "Mentions after", "percent", "Of the rows made from others, those that mention the group themselves."
    ),
    "mention_change": Definition(
        "Change of mentions", "points", "Mentions in the made rows less mentions in their originals."
    ),
    "added_rows": Definition("Added rows", "count", "Rows that augmentation or balancing added."),
    "refused": Definition("Refused copies", "count", "Made rows that a guard refused; they never entered the data."),
    "label_impact_ratio": Definition(
        "Impact ratio of labels", "ratio", "The group's label rate over that of the group with the highest one."
    ),
    "label_impact_ratio_one_more": Definition(
        "Impact ratio of labels with one person more",
        "ratio",
        "The impact ratio if one more of the group had the label and one fewer of the group with the highest rate.",
    ),
}
