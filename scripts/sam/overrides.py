"""The parameters of the stack in the file with the answers, as `sam deploy` reads and writes them."""

from samcli.cli.types import CfnParameterOverridesType
from samcli.commands.deploy.guided_config import GuidedConfig

import target


def read(document):
    """Returns those that the document sets."""
    return CfnParameterOverridesType().convert(target.parameters(document).get("parameter_overrides", ""), None, None)


def write(document, values):
    """Writes the document with these."""
    document["default"]["deploy"]["parameters"]["parameter_overrides"] = " ".join(
        f"{name}={GuidedConfig.quote_parameter_values(value)}" for name, value in values.items())
    target.ANSWERS.write_text(document.as_string(), encoding="utf-8")
