"""The probes of a recipe, and those that ship with fairlead.

A new probe is one class in one file, one word in each of the unions below, one file in the audit, and tests.
"""

from typing import Annotated

from pydantic import Field

from curate.probes.bbq import Bbq
from curate.probes.crows_pairs import CrowsPairs
from curate.probes.general import General
from curate.probes.identity_templates import IdentityTemplates
from curate.probes.neutral_texts import NeutralTexts
from curate.probes.winogender import Winogender

AnyProbe = Annotated[CrowsPairs | Bbq | Winogender | IdentityTemplates, Field(discriminator="probe")]
"""What a recipe may say under `audit.probes`."""
AskedProbe = CrowsPairs | Bbq | Winogender | IdentityTemplates | General | NeutralTexts
"""What models may be asked."""
SHIPPED: tuple[AskedProbe, ...] = (General(), NeutralTexts())
"""What is asked to see what tuning made a model forget (`audit.forgetting`)."""
