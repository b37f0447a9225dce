"""What raised an alarm, whatever the recipe's gates say: each in a few words for the first page, and as a card."""

from collections.abc import Iterator
from dataclasses import dataclass

from audit.losses import ROWS_READ
from audit.report.choosing import ids_of, only
from audit.report.content import Card
from audit.report.words import capital, count, number, plural
from audit.results import Alarm, Audit, OneAnswer
from audit.training_results import Training


@dataclass(frozen=True)
class Raised:
    """An alarm."""

    short: str
    card: Card


def raised(audit: Audit) -> tuple[Raised, ...]:
    """Return the alarms of an audit."""
    return tuple(_raised(audit))


def _raised(audit: Audit) -> Iterator[Raised]:
    for alarm in audit.alarms:
        yield Raised("lost more than the recipe's limit to cleaning", lost(audit, alarm))
    training, alike = audit.training, audit.tells_nothing_apart
    if training is not None and training.overfits:
        yield Raised("may know its training rows by heart", by_heart(training))
    if training is not None and training.no_better:
        yield Raised("was not made better by training", no_better(training))
    if alike is not None:
        yield Raised(f"the tuned model answers {alike.label} to all rows", one_label(alike))


def lost(audit: Audit, alarm: Alarm) -> Card:
    """Return the alarm for a source, label or group that lost most of its rows: what is left is no longer what was read."""
    what = "of the rows unreadable" if alarm.measure == ROWS_READ else "of a source, label or group lost to cleaning"
    return _card(
        asked=f"At most {number(alarm.limit, 'percent')} {what} (audit.largest_loss)",
        found=f"{capital(alarm.sentence)}.",
        sure="Every row that was read was counted. See what was dropped, and why, before anyone trains on what is left.",
        ids=ids_of(only(audit.measures, id=alarm.measure)),
    )


def by_heart(training: Training) -> Card:
    """Return the alarm for a model that fits its training rows far better than others."""
    validation, train = (number(loss or 0.0, "number") for loss in (training.validation_loss, training.train_loss))
    return _card(
        asked=f"Loss on validation rows at most {number(training.largest_loss_gap or 0.0, 'number')} nats a token above that on "
        "training rows (train.largest_loss_gap)",
        found=f"The loss is {validation} nats a token on {plural(training.validation_rows, 'validation row')}, and {train} on "
        f"{plural(training.train_rows, 'training row')}.",
        sure="It may know its training rows by heart: fewer epochs, more rows, or more weight decay or dropout may help.",
    )


def no_better(training: Training) -> Card:
    """Return the alarm for a model that training did not make better."""
    losses = (training.validation_loss, training.validation_loss_before)
    after, before = (number(loss or 0.0, "number") for loss in losses)
    return _card(
        asked="Loss on validation rows lower than before the first step of training",
        found=f"The loss is {after} nats a token on {plural(training.validation_rows, 'validation row')}, and was {before} before "
        "the first step.",
        sure="Training did not make the model better: another learning rate, more epochs or more rows may help.",
    )


def one_label(found: OneAnswer) -> Card:
    """Return the alarm for a tuned model that gives all rows one label."""
    share = number(found.others / found.answered, "percent")
    return _card(
        asked="A model that tells labels apart",
        found=f"The tuned model answers {found.label} to all of the {plural(found.answered, 'row')} that it answered; "
        f"{count(found.others)} of them ({share}) have another label in truth.",
        sure="It learned a label, and nothing of the texts: equal rates between groups are then no sign of fairness. More rows or "
        "steps, another learning rate, a base that knows the language, or labels of like size may help.",
    )


def _card(asked: str, found: str, sure: str, ids: tuple[str, ...] = ()) -> Card:
    return Card(outcome="alarm", symbol="!", tone="bad", asked=asked, found=found, sure=sure, ids=ids)
