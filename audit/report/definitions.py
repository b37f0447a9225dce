"""What each metric is called, what it counts and what it means, in words for a reader who never ran a model."""

from dataclasses import dataclass

from audit.report.content import Unit


@dataclass(frozen=True)
class Definition:
    """A metric's name in the report, the unit of its bare value, and one sentence that says what it is."""

    name: str
    unit: Unit
    meaning: str


DEFINITIONS: dict[str, Definition] = {
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
    "better": Definition("Better", "count", "Test rows that only the tuned model got right."),
    "worse": Definition("Worse", "count", "Test rows that only the base model got right."),
    "accuracy": Definition("Accuracy", "percent", "Answers that equal the label in the data, out of all test rows."),
    "majority_baseline": Definition(
        "Commonest label", "percent", "The accuracy of always answering the commonest label."
    ),
    "macro_f1": Definition(
        "Macro F1", "percent", "The mean of F1 over the labels; each label counts alike, however rare."
    ),
    "precision": Definition(
        "Precision",
        "percent",
        "Of the rows answered with a label (by group: with a selected one), those that truly have it.",
    ),
    "recall": Definition("Recall", "percent", "Of the rows that truly have this label, those answered with it."),
    "f1": Definition(
        "F1", "percent", "The harmonic mean of precision and recall of one label, or of the selected labels."
    ),
    "confusion": Definition("Confusion", "count", "Test rows by their true label and by the answer."),
    "calibration_error": Definition(
        "Calibration error",
        "number",
        "How far stated probabilities lie from what came true, on average over bins; 0 is best.",
    ),
    "brier": Definition(
        "Brier score", "number", "The mean squared distance of stated probabilities from what came true; 0 is best."
    ),
    "selection_rate": Definition(
        "Selection rate", "percent", "Rows answered with a selected label, out of all rows of the group."
    ),
    "scoring_rate": Definition(
        "Scoring rate",
        "percent",
        "Scored rows of the group whose score is strictly above the median of all scored rows.",
    ),
    "impact_ratio": Definition(
        "Impact ratio",
        "ratio",
        "The group's selection rate over that of the group with the highest one; below 0.8 is the EEOC's rule of thumb, to be "
        "read with its test and with one person more.",
    ),
    "scoring_impact_ratio": Definition(
        "Impact ratio of scores", "ratio", "The group's scoring rate over that of the group with the highest one."
    ),
    "label_impact_ratio": Definition(
        "Impact ratio of labels", "ratio", "The group's label rate over that of the group with the highest one."
    ),
    "impact_ratio_one_more": Definition(
        "Impact ratio with one person more",
        "ratio",
        "The impact ratio if one more of the group had been selected and one fewer of the group with the highest rate.",
    ),
    "scoring_impact_ratio_one_more": Definition(
        "Impact ratio of scores with one person more",
        "ratio",
        "The impact ratio if one more of the group had scored above the median and one fewer of the group with the highest rate.",
    ),
    "label_impact_ratio_one_more": Definition(
        "Impact ratio of labels with one person more",
        "ratio",
        "The impact ratio if one more of the group had the label and one fewer of the group with the highest rate.",
    ),
    "ll144_impact_ratio": Definition(
        "Impact ratio by Local Law 144",
        "ratio",
        "The category's selection rate over that of the most selected category, whatever its size, but for those left out.",
    ),
    "ll144_scoring_impact_ratio": Definition(
        "Impact ratio of scores by Local Law 144",
        "ratio",
        "The category's scoring rate over that of the highest scoring category, whatever its size, but for those left out.",
    ),
    "true_positive_rate": Definition(
        "True positive rate",
        "percent",
        "Of the rows that truly have a selected label, those answered with one.",
    ),
    "false_positive_rate": Definition(
        "False positive rate",
        "percent",
        "Of the rows that truly have no selected label, those wrongly answered with one.",
    ),
    "true_negative_rate": Definition(
        "True negative rate", "percent", "Of the rows that truly have no selected label, those answered with none."
    ),
    "false_negative_rate": Definition(
        "False negative rate",
        "percent",
        "Of the rows that truly have a selected label, those wrongly answered with none.",
    ),
    "balanced_accuracy": Definition(
        "Balanced accuracy", "percent", "The mean of the true positive and the true negative rate."
    ),
    "prevalence": Definition(
        "Prevalence",
        "percent",
        "Answered rows that truly have a selected label, out of all answered rows of the group.",
    ),
    "bias_amplification": Definition(
        "Bias amplification",
        "percent",
        "How much wider the gap between groups is in what the model selects than in what is true of the same rows. It does not "
        "see a gap that turned round.",
    ),
    "auc": Definition(
        "AUC",
        "number",
        "Of pairs of a positive and a negative row, how often the positive one has the higher score: 1 is best, 0.5 is chance.",
    ),
    "bpsn_auc": Definition(
        "BPSN AUC",
        "number",
        "AUC of negative rows of the group against positive rows of the rest: low where the group's harmless rows score too high.",
    ),
    "bnsp_auc": Definition(
        "BNSP AUC",
        "number",
        "AUC of positive rows of the group against negative rows of the rest: low where the group's positive rows score too low.",
    ),
    "log_loss": Definition(
        "Log loss",
        "number",
        "Minus the logarithm of the probability that was given to the true label, on average; 0 is best.",
    ),
    "equalized_odds": Definition(
        "Equalized odds",
        "percent",
        "The larger of two gaps between groups: of the true and of the false positive rate.",
    ),
    "unparsed": Definition(
        "Answers not understood", "percent", "Answers that name none of the labels, out of all test rows."
    ),
    "written_accuracy": Definition(
        "Written answers that are right",
        "percent",
        "When the model writes freely: the answers that name the true label.",
    ),
    "written_unparsed": Definition(
        "Written answers not understood",
        "percent",
        "When the model writes freely: the answers that name none of the labels.",
    ),
    "loss": Definition("Loss", "number", "The mean surprise per token of the wanted answer; lower is better."),
    "exact_match": Definition("Exact match", "percent", "Answers that equal the wanted text."),
    "rouge_l": Definition(
        "ROUGE-L", "number", "Overlap with the wanted text by its longest common subsequence; 1 is best."
    ),
    "chrf": Definition("chrF", "number", "Overlap with the wanted text in runs of characters; 100 is best."),
    "stereotype_preferred": Definition(
        "Stereotype preferred",
        "percent",
        "Pairs of which the model finds the sentence that says more of a stereotype likelier, out of all pairs.",
    ),
    "tied": Definition("Equal likelihoods", "percent", "Items of which two choices are equally, and most, likely."),
    "unscored": Definition("Items not scored", "percent", "Items of which a choice is longer than train.max_length."),
    "probe_accuracy": Definition("Accuracy on the probe", "percent", "Answers that the probe's file calls right."),
    "unknown_answers": Definition(
        "Answered unknown", "percent", "Questions to which the model finds “cannot be known” the likeliest answer."
    ),
    "biased_answers": Definition(
        "Biased answers",
        "percent",
        "Of the answers that name a group, those that a stereotype suggests: the stereotyped group where the question is negative, "
        "the other one where it is not.",
    ),
    "bias_score_ambiguous": Definition(
        "Bias score, ambiguous",
        "number",
        "(1 − accuracy) · (2 · biased answers − 1), where the context does not say who is meant; −1 to 1, and 0 is even.",
    ),
    "bias_score_disambiguated": Definition(
        "Bias score, disambiguated",
        "number",
        "2 · biased answers − 1, where the context says who is meant; −1 to 1, and 0 is even.",
    ),
    "pronoun_preferred": Definition(
        "Preferred pronoun", "percent", "Sentences that are likeliest with this pronoun of he, she and they."
    ),
    "pronoun_gap": Definition(
        "He less she", "points", "Sentences likeliest with he less those likeliest with she, out of all sentences."
    ),
    "flip_rate": Definition(
        "Pairs with different answers",
        "percent",
        "Pairs of sentences, alike but for the word that names a group, that the model answers differently.",
    ),
    "minority_answer": Definition(
        "Another answer than most",
        "percent",
        "Sentences with the word that are answered otherwise than the same sentence with most of the words.",
    ),
    "positive_answers": Definition("Positive answers", "percent", "Sentences that are given a positive label."),
    "probe_false_positive_rate": Definition(
        "False positive rate on the probe",
        "percent",
        "Of the sentences that are not toxic, those given a positive label.",
    ),
    "probe_auc": Definition(
        "AUC on the probe",
        "number",
        "How often a toxic sentence has a higher score than another; 0.5 is a coin, 1 is best.",
    ),
    "probe_subgroup_auc": Definition(
        "Subgroup AUC",
        "number",
        "AUC among the sentences with the word: low means that they are confused with each other.",
    ),
    "probe_bpsn_auc": Definition(
        "BPSN AUC",
        "number",
        "AUC of toxic sentences without the word against harmless ones with it: low means that the word raises the score.",
    ),
    "probe_bnsp_auc": Definition(
        "BNSP AUC",
        "number",
        "AUC of toxic sentences with the word against harmless ones without it: low means that the word lowers the score.",
    ),
    "mcnemar": Definition(
        "Exact McNemar test",
        "number",
        "Whether two models differ on the rows where exactly one of them is right.",
    ),
}

TERMS: dict[str, str] = {
    "n": "The number of rows behind a figure. A small n makes a figure uncertain, whatever it says.",
    "Interval": "The range in which the true figure plausibly lies, given so few rows. Wide means: little is known.",
    "Gap (difference)": "The highest figure among the groups less the lowest, in percentage points.",
    "Gap to all rows": "How far the farthest group lies from the figure of all rows together.",
    "Could have seen": "The smallest change that so few rows would have shown four times out of five.",
    "The rest": "All rows that are known not to belong to the group.",
    "Ratio": "Between groups, the lowest figure over the highest: 1 is equal. For one group, its figure over that of the rest.",
    "Points": "Percentage points: from 10 % to 12 % is 2 points.",
    "p": "How often chance alone would show a contrast at least as large. Adjusted: corrected because many contrasts were tested.",
    "Undefined": "The figure cannot be computed, for example a rate over no rows. Undefined is not zero and not good news.",
    "Met / not met": "Whether the figure, with its interval, keeps the limit that the recipe set.",
    "Verdict: higher, lower, not shown": "Whether a group’s figure differs from that of the rest beyond chance, after correction "
    "for all such tests. Not shown is not the same as equal.",
    "Insufficient evidence": "The interval holds values on both sides of the limit: these rows cannot tell.",
}


def define(metric: str) -> Definition:
    """Return a metric's definition; one that this table does not know keeps its own name and is shown as a plain number."""
    return DEFINITIONS.get(metric, Definition(metric.replace("_", " ").capitalize(), "number", ""))
