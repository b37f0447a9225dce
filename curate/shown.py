"""A value of any type as text: for labels, groups, keys and cells."""

import polars as pl

_WHOLE = 2.0**53
"""Up to here a float holds every whole number, so that `3.0` is shown as `3`."""


def shown(value: pl.Expr, kind: pl.DataType) -> pl.Expr:  # noqa: PLR0911  (a return a kind of type)
    """Return values of type `kind` as text, whole floats without their point; null and not-a-number are null.

    A list is its values joined by `+`, an empty one is empty text; bytes are shown in hexadecimal.
    """
    if isinstance(kind, pl.List):
        return value.list.eval(shown(pl.element(), kind.inner)).list.join("+")  # type: ignore[arg-type]
    if isinstance(kind, pl.Array):
        return shown(value.arr.to_list(), pl.List(kind.inner))
    if kind == pl.Struct([]):
        return pl.when(value.is_not_null()).then(pl.lit("{}"))
    if isinstance(kind, pl.Struct):
        fields = [shown(value.struct.field(field.name), field.dtype).alias(field.name) for field in kind.fields]  # type: ignore[arg-type]
        return pl.when(value.is_not_null()).then(pl.struct(fields).struct.json_encode())
    if kind == pl.Binary:
        return value.bin.encode("hex")
    if kind == pl.Duration:
        return value.dt.to_string("polars")
    if kind.is_float():
        whole = (value == value.floor()) & (value.abs() < _WHOLE)
        short = pl.when(whole).then(value).cast(pl.Int64).cast(pl.String)
        return pl.coalesce(short, value.fill_nan(None).cast(pl.String))
    return value.cast(pl.String)
