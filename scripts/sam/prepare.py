"""Prepares a deployment: writes what is known of it to samconfig.local.toml, proposes
how many instances to reserve, and deletes what a failed first attempt has left. A new
stack takes the proposal; with --guided it is the default of a question.
"""

import sys

from botocore.exceptions import ClientError
from samcli.cli.types import CfnParameterOverridesType
from samcli.commands.deploy.guided_config import GuidedConfig

import target

# Instances that AWS keeps for functions without a reservation, and those that the template
# reserves for the outbox.
KEPT = 100 + 20
PROPOSED = 100
FEWEST = 20  # fewer are not worth a reservation


def say(text):
    print(text, file=sys.stderr)


def begins(session, name):
    """Reports whether there is no such stack yet. Deletes one that was never complete:
    CloudFormation cannot update it, and nothing is in it."""
    stacks = session.client("cloudformation")
    try:
        status = stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return True
        raise
    if status != "ROLLBACK_COMPLETE":
        return status == "REVIEW_IN_PROGRESS"  # an attempt that created nothing
    say("The first deployment failed. Its empty stack is deleted before the next attempt.")
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 5})
    return True


def reserve(session, overrides, proposes):
    """Adds to overrides what the account allows. A stack that runs keeps the instances
    that it has: a cap that is too low refuses agents."""
    try:
        limit = session.client("lambda").get_account_settings()["AccountLimit"]
    except ClientError as error:
        say(f"The account's limit of instances cannot be read: {error}")
        return
    overrides["AccountConcurrency"] = str(limit["ConcurrentExecutions"])
    if "ReservedConcurrency" in overrides:
        return
    possible = min(PROPOSED, limit["UnreservedConcurrentExecutions"] - KEPT)
    if possible < FEWEST:
        say(f"Your account may run {limit['ConcurrentExecutions']} instances at once, too few to reserve any. Each agent that "
            "waits needs one, and so does each call. Ask AWS for more: Service Quotas, AWS Lambda, Concurrent executions.")
    elif proposes:
        overrides["ReservedConcurrency"] = str(possible)
        say(f"At most {possible} instances run at once, which caps what strangers can make you pay, and serves {possible // 2} agents "
            "that wait. make deploy-guided asks for another number.")
    else:
        say("Nothing but your account's limit caps the instances that strangers can make you pay. "
            f"make deploy-guided proposes a cap of {possible}.")


def mail(overrides):
    """Says what nobody is told without an address, and what the budget waits for."""
    if not overrides.get("AlarmEmail"):
        say("No AlarmEmail is set: alarms only show in CloudWatch, and nobody is told what a day costs. "
            "make deploy-guided asks for the address.")
    elif overrides.get("DailyBudget") != "0":
        say("The budget counts nothing until the tag parley is activated: AWS Billing, Cost allocation tags. "
            "It shows there within a day.")


def main():
    document = target.read()
    settings = target.parameters(document)
    session = target.connect(settings)
    default = document["default"]
    if "region" not in settings:
        default["global"]["parameters"]["region"] = session.region_name
    overrides = CfnParameterOverridesType().convert(settings.get("parameter_overrides", ""), None, None)
    new = begins(session, settings["stack_name"])
    reserve(session, overrides, new or "--guided" in sys.argv)
    if "--guided" not in sys.argv:
        mail(overrides)
    default["deploy"]["parameters"]["parameter_overrides"] = " ".join(
        f"{name}={GuidedConfig.quote_parameter_values(value)}" for name, value in overrides.items())
    target.ANSWERS.write_text(document.as_string(), encoding="utf-8")


main()
