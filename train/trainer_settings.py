"""The settings of TRL's trainer: which a recipe may name, which are ours, and how a recipe becomes them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.errors import Mistake, did_you_mean
from curate.train_settings import Train

# Names of SFTConfig that have a key of their own in the recipe.
RECIPE_KEYS: Mapping[str, str] = {
    "bf16": "train.precision",
    "fp16": "train.precision",
    "gradient_accumulation_steps": "train.gradient_accumulation",
    "learning_rate": "train.learning_rate",
    "load_best_model_at_end": "train.patience",
    "metric_for_best_model": "train.best_by",
    "report_to": "train.tracker",
    "max_length": "train.max_length",
    "num_train_epochs": "train.epochs",
    "per_device_train_batch_size": "train.batch_size",
    "seed": "seed",
    "data_seed": "seed",
    "use_cpu": "train.device",
    "warmup_steps": "train.warmup",
    "weight_decay": "train.weight_decay",
}
# Names that stay as they are: rows come tokenised, files go to the run directory, nothing leaves the machine.
FIXED = (
    "accelerator_config", "assistant_only_loss", "bf16_full_eval", "chat_template_path", "completion_only_loss",
    "dataset_kwargs", "dataset_num_proc", "dataset_text_field", "debug", "deepspeed", "disable_tqdm", "do_eval",
    "do_predict", "do_train", "eos_token", "eval_on_start", "eval_packing", "fp16_full_eval", "fsdp", "fsdp_config",
    "greater_is_better", "hub_always_push", "hub_model_id", "hub_private_repo", "hub_revision", "hub_strategy",
    "hub_token", "ignore_data_skip", "include_for_metrics", "label_names", "length_column_name", "local_rank",
    "log_level", "log_level_replica", "model_init_kwargs", "output_dir", "packing",
    "packing_strategy", "pad_token", "padding_free", "parallelism_config", "prediction_loss_only", "project",
    "push_to_hub", "remove_unused_columns", "restore_callback_states_from_checkpoint",
    "resume_from_checkpoint", "run_name", "save_only_model", "shuffle_dataset", "trackio_bucket_id",
    "trackio_space_id", "trackio_static_space_id", "truncation_mode", "trust_remote_code",
)  # fmt: skip
# What is the same for every recipe; `train.trainer` may still set those that are not fixed.
ALWAYS: Mapping[str, Any] = {
    "lr_scheduler_type": "cosine",
    "optim": "adamw_torch_fused",
    "train_sampling_strategy": "group_by_length",
    "activation_checkpointing": False,
    "save_strategy": "epoch",
    "save_total_limit": 1,
    "prediction_loss_only": True,
    "restore_callback_states_from_checkpoint": True,
    "logging_nan_inf_filter": False,
    "disable_tqdm": True,
    "max_length": None,
    "packing": False,  # TRL's cuts rows or loses their overflow; ours is padding_free, which does neither
    "dataset_kwargs": {"skip_prepare_dataset": True},
}

# What keeps a GPU from waiting: rows are read and put together by processes beside it, from memory that it copies by itself.
# Recomputed activations (TRL's default) would cost 20 to 27 % of the speed. The loss is TRL's fused head, which builds no logits.
# TF32 stays off: with bfloat16 little is left for it, and who writes `precision: float32` would get products of 10 bits
# (`train.trainer: {tf32: true}` asks for them). Nothing is compiled: packed rows give every step another shape.
ON_GPU: Mapping[str, Any] = {"dataloader_num_workers": 2, "dataloader_pin_memory": True}
ON_CPU: Mapping[str, Any] = {"dataloader_num_workers": 0, "dataloader_pin_memory": False}


def settings_problems(extra: Mapping[str, Any], names: Sequence[str], place: Callable[[str], str]) -> list[Mistake]:
    """Return the mistakes in `train.trainer`; `names` are the fields of the installed SFTConfig, `place` says where a key is."""
    open_names = [name for name in names if name not in RECIPE_KEYS and name not in FIXED]
    mistakes = []
    for name in extra:
        where = place(f"train.trainer.{name}")
        if name in RECIPE_KEYS:
            mistakes.append(Mistake(where, f"train.trainer.{name} has a key of its own", f"write {RECIPE_KEYS[name]}"))
        elif name in FIXED:
            mistakes.append(Mistake(where, f"train.trainer.{name} is set by fairlead", "leave it out"))
        elif name not in names:
            mistakes.append(Mistake(where, f"unknown setting 'train.trainer.{name}'", did_you_mean(name, open_names)))
    return mistakes


def trainer_settings(
    train: Train, seed: int, device: str, folder: Path, *,
    name: str, batches: float, evaluates: bool, bfloat16: bool, packed: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return the keyword arguments of SFTConfig for a recipe's settings; `name` is the recipe's, an epoch has so many `batches`."""
    steps = train.epochs * batches / train.gradient_accumulation
    every_epoch = "epoch" if evaluates else "no"
    return {
        **ALWAYS,
        **(ON_GPU if device == "cuda" else ON_CPU),
        "padding_free": packed,
        "output_dir": str(folder),
        "num_train_epochs": train.epochs,
        "learning_rate": train.learning_rate,
        "per_device_train_batch_size": train.batch_size,
        "per_device_eval_batch_size": train.batch_size,
        "gradient_accumulation_steps": train.gradient_accumulation,
        "warmup_steps": train.warmup if train.warmup < 1 else int(train.warmup),
        "weight_decay": train.weight_decay,
        "bf16": bfloat16,
        "use_cpu": device == "cpu",
        "seed": seed,
        "data_seed": seed,
        "eval_strategy": every_epoch,
        "load_best_model_at_end": evaluates,
        "metric_for_best_model": f"eval_{train.best_by}" if evaluates else None,
        "greater_is_better": train.best_by != "loss" if evaluates else None,
        "report_to": train.tracker,
        "project": name,
        "logging_steps": max(1, min(10, int(steps / 10))),
        **train.trainer,
    }
