"""How a model was trained, as an audit stores it."""

from audit.frozen import Frozen


class TrainingCheck(Frozen):
    """One check before training, as its certificate tells it: what was found, and what to change."""

    name: str
    outcome: str
    said: str
    hint: str


class TrainingPoint(Frozen):
    """What a step of training logged: losses in nats a supervised token, and scores on validation rows."""

    step: int
    loss: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    validation_macro_f1: float | None = None
    validation_worst_group_accuracy: float | None = None


class LearningRateTest(Frozen):
    """A range test of the learning rate: the rate that was taken, and pairs of rate and smoothed loss.

    `turned` says whether the loss rose again before the end; if not, the rate is that at which it fell fastest.
    """

    learning_rate: float
    turned: bool = True
    points: tuple[tuple[float, float], ...]


class Training(Frozen):
    """How the tuned model was made.

    Losses are in nats a supervised token, of the model that was kept; that on training rows is of `train_rows` of them, as many as
    there are validation rows or all.
    `validation_loss_before` is that on validation rows before the first step; None where nobody measured it.
    """

    method: str
    device: str
    hardware: str
    precision: str
    attention: str
    parameters: int
    trained_parameters: int
    tokens_per_parameter: float
    rows: int
    tokens: int
    supervised_tokens: int
    steps: int
    best_step: int | None
    best_by: str
    best_value: float | None
    stopped_early: bool
    learning_rate: float
    reload_difference: float
    train_loss: float | None
    validation_loss: float | None
    validation_loss_before: float | None = None
    train_rows: int
    validation_rows: int
    largest_loss_gap: float | None
    checks: tuple[TrainingCheck, ...]
    curve: tuple[TrainingPoint, ...]
    range_test: LearningRateTest | None
    seeds: tuple[int, ...]

    @property
    def loss_gap(self) -> float | None:
        """How much more the kept model is surprised by rows that it did not learn from."""
        if self.train_loss is None or self.validation_loss is None:
            return None
        return self.validation_loss - self.train_loss

    @property
    def overfits(self) -> bool:
        """Whether that is more than the recipe allows."""
        return self.loss_gap is not None and self.largest_loss_gap is not None and self.loss_gap > self.largest_loss_gap

    @property
    def no_better(self) -> bool:
        """Whether the loss on validation rows is no lower than it was before the first step."""
        if self.validation_loss is None or self.validation_loss_before is None:
            return False
        return self.validation_loss >= self.validation_loss_before
