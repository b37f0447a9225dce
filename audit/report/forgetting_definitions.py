"""What is measured of forgetting, in words for a reader who never ran a model."""

from audit.report.definition import Definition

FORGETTING: dict[str, Definition] = {
    "general_accuracy": Definition(
        "General questions right",
        "percent",
        "Questions of the general probe to which the model finds the right continuation the likeliest.",
    ),
    "general_accuracy_per_byte": Definition(
        "General questions right, per byte",
        "percent",
        "The same, with log-likelihoods divided by the continuation’s UTF-8 bytes, so that a longer one is at no "
        "disadvantage.",
    ),
    "general_guessing": Definition(
        "Guessing", "percent", "What guessing gets right on average: one in as many continuations as a question has."
    ),
    "general_lost": Definition(
        "Right before, wrong after", "percent", "Questions of the general probe that only the base model got right."
    ),
    "general_gained": Definition(
        "Wrong before, right after", "percent", "Questions of the general probe that only the tuned model got right."
    ),
    "neutral_bits_per_byte": Definition(
        "Bits per byte of neutral texts",
        "number",
        "How hard the model finds everyday texts, in bits for each byte of them; lower is better, 8 is guessing every byte, and "
        "more is worse than that.",
    ),
    "kl_to_base": Definition(
        "KL(base ‖ tuned)",
        "number",
        "How badly the tuned model predicts what the base would write next in neutral texts: the mean over tokens, in nats; 0 is "
        "no difference.",
    ),
    "kl_from_base": Definition(
        "KL(tuned ‖ base)",
        "number",
        "The other direction: how badly the base predicts what the tuned model would write.",
    ),
}
