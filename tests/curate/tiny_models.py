"""Tiny real stand-ins that are made on the spot: a Marian model of random weights, and a WordNet of one synset."""

import json
from pathlib import Path

LINES = ("the woman works here", "he does not see the men", "they walk to the house and back", "no one knows her name")


def make_marian(folder: Path, seed: int) -> Path:
    """Write a sequence-to-sequence model that loads like any from the hub; its translations are nonsense of its own."""
    import sentencepiece
    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir(parents=True)
    (folder / "lines.txt").write_text("\n".join(LINES * 5))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "lines.txt"),
        model_prefix=str(folder / "source"),
        vocab_size=40,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    for side in ("source.spm", "target.spm"):
        (folder / side).write_bytes((folder / "source.model").read_bytes())
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    known = [pieces.id_to_piece(place) for place in range(pieces.get_piece_size())]
    words = ["</s>", "<unk>", *(piece for piece in known if not piece.startswith("<") and piece != "</s>"), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(words)}))
    tokenizer = MarianTokenizer(str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json"))
    torch.manual_seed(seed)
    config = MarianConfig(
        vocab_size=len(words), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=24, num_beams=1, max_length=24, init_std=1.0,
        pad_token_id=len(words) - 1, decoder_start_token_id=len(words) - 1, eos_token_id=0, forced_eos_token_id=0,
    )  # fmt: skip
    MarianMTModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_nltk_data(folder: Path) -> Path:
    """Write NLTK data of WordNet's file format in which `doctor` and `physician` are synonyms, and a tagger that knows both."""
    wordnet, tagger = folder / "corpora" / "wordnet", folder / "taggers" / "averaged_perceptron_tagger_eng"
    for part in (wordnet, tagger):
        part.mkdir(parents=True)
    for part in ("noun", "verb", "adj", "adv"):
        for name in (f"data.{part}", f"index.{part}", f"{part}.exc"):
            (wordnet / name).write_text("")
    (wordnet / "lexnames").write_text("00\tnoun.person\t1\n")
    (wordnet / "cntlist.rev").write_text("")
    (wordnet / "index.sense").write_text("")
    (wordnet / "data.noun").write_text("00000000 00 n 02 doctor 0 physician 0 000 | a licensed medical practitioner\n")
    (wordnet / "index.noun").write_text("doctor n 1 0 1 0 00000000\nphysician n 1 0 1 0 00000000\n")
    content = {"weights": {}, "tagdict": {"doctor": "NN", "The": "DT", "came": "VBD"}, "classes": ["DT", "NN", "VBD"]}
    for name, value in content.items():
        (tagger / f"averaged_perceptron_tagger_eng.{name}.json").write_text(json.dumps(value))
    return folder
