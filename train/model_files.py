"""The folder `RUN/model/`: weights or adapter, tokenizer and record; what was written is loaded again and compared."""

from pathlib import Path
from typing import Any

from curate.files import digest_text
from curate.packages import package_versions
from curate.train_settings import ADAPTERS
from train.adapters import saves_adapter
from train.attention import kernel_of
from train.bases import base_identity
from train.job import Job
from train.model_record import Fit, ModelRecord
from train.models import load_tuned, padded
from train.process import VERSIONED, cores
from train.settings import settings_of


def save(model: Any, job: Job, folder: Path) -> None:
    """Write weights (or the adapter) and the tokenizer. A model whose adapter is merged is another one afterwards."""
    settings = settings_of(job.recipe)
    if saves_adapter(settings):
        model.peft_config["default"].base_model_name_or_path = settings_of(job.recipe).base
        # left to itself peft would ask the hub whether the base's vocabulary was larger
        model.save_pretrained(folder, save_embedding_layers=False)
    else:
        whole = model.merge_and_unload() if settings.method in ADAPTERS else model
        whole.save_pretrained(folder)
    job.loaded.tokenizer.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # a model card of empty templates
    for path in folder.iterdir():
        path.chmod(0o644)  # safetensors leaves its file to its owner alone


def first_logits(model: Any, job: Job) -> Any:
    """Return the model's logits of the first rows, in float32."""
    import torch

    rows = job.train.input_ids[:2]
    inputs = padded(rows, job.loaded.tokenizer.pad_token_id).to(job.device)
    mask = padded([[1] * len(row) for row in rows], 0).to(job.device)
    with torch.inference_mode():
        return model(input_ids=inputs, attention_mask=mask).logits.float()


def reload_difference(logits: Any, job: Job, folder: Path) -> float:
    """Return the largest difference between the logits of a model and those of what was saved of it, on the first rows."""
    reloaded = load_tuned(folder, job.base, job.recipe, job.device)
    saved, tokenizer = reloaded.model, reloaded.tokenizer
    assert (tokenizer.eos_token_id, tokenizer.pad_token_id) == (
        job.loaded.tokenizer.eos_token_id,
        job.loaded.tokenizer.pad_token_id,
    )
    assert saved.generation_config.eos_token_id == tokenizer.eos_token_id
    assert tokenizer.chat_template == job.loaded.tokenizer.chat_template, "the saved chat template is another one"
    return float((logits - first_logits(saved, job)).abs().max())


def _loss_at(state: Any) -> float | None:
    """Return the validation loss of the step whose weights are kept: the best one, else the last."""
    losses = {line["step"]: line["eval_loss"] for line in state.log_history if "eval_loss" in line}
    return losses.get(state.best_global_step, next(reversed(losses.values()), None))


def _attention(trainer: Any, job: Job) -> str:
    """Return by what the model attended while it was trained."""
    config = job.loaded.model.config
    if trainer.padding_free:
        return f"{kernel_of(config.get_text_config(), job.device, bfloat16=trainer.args.bf16)}, rows end to end"
    return f"{config._attn_implementation}, rows padded"  # noqa: SLF001  (it has no public name)


def describe(trainer: Any, job: Job, fit: Fit | None) -> ModelRecord:
    """Return the record of how the model was made; what was saved of it is not loaded yet."""
    settings, state, model = settings_of(job.recipe), trainer.state, trainer.model
    arguments = {
        name: value for name, value in sorted(trainer.args.to_dict().items())
        if isinstance(value, (str, int, float, bool, type(None))) and name not in ("output_dir", "logging_dir", "hub_token")
    }  # fmt: skip
    template = job.loaded.tokenizer.chat_template
    return ModelRecord(
        base=settings.base, base_identity=base_identity(settings.base), method=settings.method, device=job.device,
        precision="bfloat16 autocast over float32" if trainer.args.bf16 else "float32",
        attention=_attention(trainer, job), threads=cores(), seed=job.recipe.seed,
        parameters=sum(weight.numel() for weight in model.parameters()),
        trained_parameters=sum(weight.numel() for weight in model.parameters() if weight.requires_grad),
        vocabulary=len(job.loaded.tokenizer), end_token=job.loaded.tokenizer.eos_token, pad_token=job.loaded.tokenizer.pad_token,
        chat_template_sha256=digest_text(template) if template else None,
        train_tokens=job.train.counts, validation_tokens=job.validation.counts,
        steps=state.global_step, best_step=state.best_global_step or None, best_by=settings.best_by,
        best_value=state.best_metric, best_validation_loss=_loss_at(state), fit=fit,
        stopped_early=state.global_step < state.max_steps,
        trainer=arguments, packages=package_versions(VERSIONED),
    )  # fmt: skip
