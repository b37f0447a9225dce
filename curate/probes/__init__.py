"""The probes of a recipe. A new probe is one class in one file, one word in the union below, one file in the audit, and tests."""

from typing import Annotated

from pydantic import Field

from curate.probes.bbq import Bbq
from curate.probes.crows_pairs import CrowsPairs
from curate.probes.identity_templates import IdentityTemplates
from curate.probes.winogender import Winogender

AnyProbe = Annotated[CrowsPairs | Bbq | Winogender | IdentityTemplates, Field(discriminator="probe")]
