"""What is measured of text from elsewhere, in words for a reader who never ran a model."""

from audit.report.definition import Definition

OUTSIDE: dict[str, Definition] = {
    "accuracy_drop": Definition(
        "Accuracy, test rows less text from elsewhere", "points", "How much less often the model is right on text from elsewhere."
    ),
    "macro_f1_drop": Definition(
        "Macro F1, test rows less text from elsewhere", "points", "How much lower the mean F1 of labels is on text from elsewhere."
    ),
    "loss_drop": Definition(
        "Loss, test rows less text from elsewhere", "number", "Below zero: the model is more surprised by text from elsewhere."
    ),
    "bits_per_byte_drop": Definition(
        "Bits per byte, test rows less text from elsewhere",
        "number",
        "Below zero: the model is more surprised by text from elsewhere.",
    ),
    "outside_copies": Definition(
        "Copies in text from elsewhere",
        "percent",
        "Rows of a file from elsewhere that are, or are like, a row that the model was trained or chosen on; no figure is of them.",
    ),
    "outside_copies_of_test": Definition(
        "Copies of test rows in text from elsewhere",
        "percent",
        "Rows of a file from elsewhere that are, or are like, a test row and no row that the model was trained or chosen on; no "
        "figure is of them.",
    ),
    "outside_repeats": Definition(
        "Repeats in text from elsewhere",
        "percent",
        "Other rows of a file from elsewhere that have the text of an earlier row of the file; no figure is of them.",
    ),
    "outside_cut": Definition(
        "Rows without their beginning",
        "percent",
        "Rows of a file from elsewhere that are longer than the model reads (train.max_length, or less where the base reads less): "
        "it read their end alone.",
    ),
}  # fmt: skip
