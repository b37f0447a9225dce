"""What a recipe may say under `audit.outside`: files of text from elsewhere that are a second test set."""

from pydantic import ConfigDict, Field, ValidationError, model_validator

from curate.settings import Settings
from curate.source_settings import FileSource, Format, Shape


class OutsideFile(Settings):
    """A file from elsewhere with the task's columns; both models are asked about it, and nothing is trained or chosen on it.

    It is read as a source is, and goes through no step.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)  # labels such as 0 and 1 are names

    path: str = Field(description="a file; looked up beside the recipe, then in the folder that FAIRLEAD_DATA names")
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="names the rows (name/line), the file's figures and files"
    )
    format: Format | None = None
    separator: str | None = Field(default=None, description="csv and tsv: what stands between two fields")
    columns: dict[str, str] = Field(
        default={}, description="{column of the task or of a group: what the file calls it}, where the names differ"
    )
    labels: dict[str, str | None] = Field(
        default={},
        description="{label in the file: label of the task}, where they differ; null leaves the label's rows out, and counts them",
    )
    shape: Shape = Field(default="auto", description="instruction and chat tasks: how the file keeps conversations")
    origin: str | None = Field(default=None, description="where the file comes from; shown when it is missing")
    licence: str | None = None

    @property
    def source(self) -> FileSource:
        """The file as a source is read."""
        named = self.model_dump(exclude={"labels"})
        return FileSource.model_validate(named)

    @model_validator(mode="after")
    def _can_be_read(self) -> "OutsideFile":
        try:
            source = self.source
        except ValidationError as error:
            raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        if source.is_remote or source.is_pattern or source.file_format is None:
            raise ValueError(f"'{self.path}' is not one file; name each file, with its ending")
        return self
