"""What is measured of a model's answers, in words for a reader who never ran one."""

from audit.report.definition import Definition

MODELS: dict[str, Definition] = {
    "better": Definition(
        "Better",
        "count",
        "Of the test rows that both models gave an answer to, those that only the tuned model got right.",
    ),
    "worse": Definition(
        "Worse",
        "count",
        "Of the test rows that both models gave an answer to, those that only the base model got right.",
    ),
    "accuracy": Definition(
        "Accuracy",
        "percent",
        "Answers that equal the label in the data, out of the labelled test rows with an answer that was understood.",
    ),
    "majority_baseline": Definition(
        "Commonest label",
        "percent",
        "The accuracy of always answering the label that most of the rows that are learned from have.",
    ),
    "majority_macro_f1": Definition(
        "Commonest label, Macro F1",
        "percent",
        "The macro F1 of always answering the label that most of the rows that are learned from have.",
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
        "Brier score",
        "number",
        "The mean squared distance of stated probabilities from what came true; 0 is best. Of two labels it is that of one of them "
        "(0 to 1), of more the sum over all (0 to 2).",
    ),
    "temperature": Definition(
        "Temperature",
        "number",
        "What a model’s scores are divided by so that its stated probabilities fit the validation rows best (between 0.05 and 20). "
        "Above 1: it was too sure. No test row was looked at for it, and no answer changes.",
    ),
    "tempered_calibration_error": Definition(
        "Calibration error after temperature",
        "number",
        "The calibration error on the test rows once the temperature is applied.",
    ),
    "tempered_brier": Definition(
        "Brier score after temperature", "number", "The Brier score on the test rows once the temperature is applied."
    ),
    "tempered_log_loss": Definition(
        "Log loss after temperature", "number", "The log loss on the test rows once the temperature is applied."
    ),
    "bin_accuracy": Definition(
        "Accuracy by stated confidence",
        "percent",
        "Of the test rows of whose answer the model was about so sure, those that are right.",
    ),
    "bin_confidence": Definition(
        "Mean confidence", "percent", "The mean probability that the model gave to its answers in a bin."
    ),
    "worst_slice_accuracy": Definition(
        "Worst slice",
        "percent",
        "The lowest accuracy of the slices that are large enough. Its interval is wider than its slice’s own, for it was picked.",
    ),
    "worst_slice_loss": Definition(
        "Worst slice",
        "number",
        "The highest loss of the slices that are large enough. Its interval is wider than its slice’s own, for it was picked.",
    ),
    "ended": Definition(
        "Texts that end by themselves",
        "percent",
        "When the model writes freely: the texts that it ended by its own end token; the others were stopped at the longest "
        "length that the recipe allows.",
    ),
    "written_tokens": Definition(
        "Tokens written",
        "number",
        "When the model writes freely: the mean length of a text in tokens of the model’s own, without the end token.",
    ),
    "repetition": Definition(
        "Repetition",
        "percent",
        "When the model writes freely: one less the share of distinct runs of four words among all of a text, on average over "
        "texts of four words or more (seq-rep-4 of Welleck and others 2020); 0 is none.",
    ),
    "selection_rate": Definition(
        "Selection rate",
        "percent",
        "Rows answered with a selected label, out of those of the group with an answer that was understood.",
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
    "equalized_odds_mean": Definition(
        "Equalized odds, mean",
        "percent",
        "The mean of two gaps between groups: of the true and of the false positive rate.",
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
    "bits_per_byte": Definition(
        "Bits per byte",
        "number",
        "The surprise over all wanted answers in bits, divided by their bytes (UTF-8); lower is better. Models with other tokens "
        "compare by it. The end token counts in the surprise and has no bytes.",
    ),
    "exact_match": Definition("Exact match", "percent", "Answers that equal the wanted text."),
    "bleu": Definition(
        "BLEU",
        "number",
        "Overlap with the wanted texts in runs of one to four words, of all rows together and no mean over rows (sacrebleu, tokens "
        "by 13a, smoothing exp); 100 is best.",
    ),
    "rouge_l": Definition(
        "ROUGE-L", "number", "Overlap with the wanted text by its longest common subsequence; 1 is best."
    ),
    "chrf": Definition("chrF", "number", "Overlap with the wanted text in runs of characters; 100 is best."),
    "seed_figure": Definition(
        "Figure of a seed", "percent", "The same rate of a model that was trained alike but for its seed."
    ),
    "seed_loss": Definition("Loss of a seed", "number", "The loss of a model that was trained alike but for its seed."),
    "seed_gap": Definition(
        "Gap of a seed", "percent", "The same gap between groups of a model that was trained alike but for its seed."
    ),
    "seed_spread": Definition(
        "Spread over seeds",
        "number",
        "The standard deviation of a figure over models that differ in the seed of training alone.",
    ),
    "few_shot_accuracy": Definition(
        "Accuracy with examples", "percent", "The accuracy of the base after examples in its prompt, on the test rows."
    ),
    "few_shot_macro_f1": Definition(
        "Macro F1 with examples", "percent", "The macro F1 of the base after examples in its prompt, on the test rows."
    ),
    "few_shot_cut": Definition(
        "Rows that saw fewer examples",
        "count",
        "Test rows that were too long for all examples, so that these lost their beginning.",
    ),
    "few_shot_majority_baseline": Definition(
        "Commonest label, validation",
        "percent",
        "The accuracy of always answering the commonest label, on the validation rows by which the examples were chosen.",
    ),
    "few_shot_tried": Definition(
        "Accuracy of a candidate",
        "percent",
        "The accuracy of the base on validation rows after some examples, by which the examples were chosen.",
    ),
    "few_shot_tried_log_loss": Definition(
        "Log loss of a candidate",
        "number",
        "The log loss of the base on validation rows after some examples, which decides between candidates of one accuracy.",
    ),
    "mcnemar": Definition(
        "Exact McNemar test",
        "number",
        "Whether two models differ on the rows where exactly one of them is right.",
    ),
}
