"""What is measured of probes, in words for a reader who never ran a model."""

from audit.report.definition import Definition

PROBES: dict[str, Definition] = {
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
}
