"""Prepares a deployment: writes what is known of it to samconfig.local.toml, with what PARAMS sets, proposes
how many instances to reserve, waits until nothing else is done to the stack, and deletes what
a failed first attempt has left. A new stack takes the proposal; with --guided it is the default
of a question.
"""

import os
import pathlib
import re
import shlex
import sys
import time

from botocore.exceptions import ClientError
from samcli.yamlhelper import yaml_parse

import overrides
import own
import target

# Instances that AWS keeps for functions without a reservation, and those that the template
# reserves for the outbox and for the stream.
KEPT = 100 + 20 + 5
PROPOSED = 100
FEWEST = 20  # fewer are not worth a reservation

PAUSE = float(os.environ.get("SAM_CLI_POLL_DELAY", "5"))  # seconds between two looks at a stack, as the SAM CLI has it
EMPTY = "REVIEW_IN_PROGRESS"  # a stack of an attempt that created nothing
DEAD = {  # what ends so can only be deleted
    "ROLLBACK_COMPLETE": "The first deployment failed.",
    "ROLLBACK_FAILED": "The first deployment failed, and not all of it could be undone.",
    "CREATE_FAILED": "The first deployment failed, and was not undone.",
    "DELETE_FAILED": "The stack was to be deleted, and that failed. If it ever ran, its table and bucket stay, with "
    "your rooms and keys, and the new stack begins with empty ones.",
}


def say(text):
    print(text, file=sys.stderr)


def settled(stacks, name):
    """Returns a stack once no operation on it is under way; None if there is none."""
    said = False
    while True:
        try:
            stack = stacks.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        status = stack["StackStatus"]
        if not status.endswith("_IN_PROGRESS") or status == EMPTY:
            return stack
        if not said:
            say(f"CloudFormation is at work on the stack: {status}. This goes on when that is over; Ctrl-C harms nothing.")
            said = True
        time.sleep(PAUSE)


def begins(session, name):
    """Reports whether there is no such stack yet. Deletes one that CloudFormation can only delete:
    nothing is in one that was never complete, and somebody has begun to delete the other."""
    stacks = session.client("cloudformation")
    stack = settled(stacks, name)
    command = f"  aws cloudformation {{}} --region {session.region_name} --stack-name {name}"
    if stack and stack["StackStatus"] in DEAD:
        say(f"{DEAD[stack['StackStatus']]} The stack is deleted before the next attempt.")
        try:
            stacks.delete_stack(StackName=name)
            stack = settled(stacks, name)
        except ClientError as error:
            sys.exit(f"The stack cannot be deleted: {error}")
        if stack:
            sys.exit("\n".join((
                f"CloudFormation could not delete the stack: {stack.get('StackStatusReason', stack['StackStatus'])}",
                "This shows what it could not delete, and why:",
                command.format("describe-stack-events"),
                "Remove the cause and run make deploy again. Or leave that behind, and delete the rest:",
                command.format("delete-stack --deletion-mode FORCE_DELETE_STACK"))))
    if stack and stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED":
        sys.exit("An update failed, and CloudFormation could not undo it. This shows why:\n"
                 + command.format("describe-stack-events") + "\nRemove the cause, have it go on, and run make deploy again:\n"
                 + command.format("continue-update-rollback"))
    return not stack or stack["StackStatus"] == EMPTY


def reserve(session, values, proposes):
    """Adds to values what the account allows. A stack that runs keeps the instances
    that it has: a cap that is too low refuses agents."""
    try:
        limit = session.client("lambda").get_account_settings()["AccountLimit"]
    except ClientError as error:
        say(f"The account's limit of instances cannot be read: {error}")
        return
    values["AccountConcurrency"] = str(limit["ConcurrentExecutions"])
    if "ReservedConcurrency" in values:
        return
    possible = min(PROPOSED, limit["UnreservedConcurrentExecutions"] - KEPT)
    if possible < FEWEST:
        say(f"Your account may run {limit['ConcurrentExecutions']} instances at once, too few to reserve any. Each agent that "
            "waits needs one, and so does each call. Ask AWS for more: Service Quotas, AWS Lambda, Concurrent executions.")
    elif proposes:
        values["ReservedConcurrency"] = str(possible)
        say(f"At most {possible} instances run at once, which caps what strangers can make you pay, and serves {possible // 2} agents "
            'that wait. PARAMS="ReservedConcurrency=NUMBER" sets another number.')
    else:
        say("Nothing but your account's limit caps the instances that strangers can make you pay. "
            f'make deploy PARAMS="ReservedConcurrency={possible}" sets a cap.')


def given(text):
    """Returns the parameters that text sets: NAME=VALUE, with blanks between them, quoted as in a shell."""
    known, values = yaml_parse(pathlib.Path("template.yaml").read_text(encoding="utf-8"))["Parameters"], {}
    try:
        pairs = shlex.split(text)
    except ValueError as error:
        sys.exit(f"PARAMS cannot be read: {error}. Nothing was changed. Quote as in a shell: PARAMS=\"NAME='two words'\".")
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name not in known:
            sys.exit(f"PARAMS takes NAME=VALUE, not {pair}. Nothing was changed. The names are {', '.join(known)}.")
        rule = known[name]
        if rule.get("NoEcho"):
            sys.exit(f"{name} is kept in no file, so PARAMS cannot set it. Nothing was changed: make deploy-guided asks for it.")
        if rule["Type"] == "Number" and not (value.isascii() and value.isdigit() and int(value) >= rule.get("MinValue", 0)):
            sys.exit(f"{name} must be a whole number of at least {rule.get('MinValue', 0)}. Nothing was changed.")
        allowed = [str(v) for v in rule.get("AllowedValues", [value])]
        if value not in allowed or not re.fullmatch(rule.get("AllowedPattern", ".*"), value):
            sys.exit(f"{name} {rule.get('ConstraintDescription', 'must be one of ' + ', '.join(allowed))}. Nothing was changed.")
        values[name] = value
    return values


def mail(values):
    """Says what nobody is told without an address, and what the budget waits for."""
    if not values.get("AlarmEmail"):
        say("No AlarmEmail is set: alarms only show in CloudWatch, and nobody is told what a day costs. "
            'make deploy PARAMS="AlarmEmail=ADDRESS" sets one.')
    elif values.get("DailyBudget") != "0":
        say("The budget counts nothing until the tag parley is activated: AWS Billing, Cost allocation tags. "
            "It shows there within a day.")


def main():
    document = target.read()
    settings, values = target.parameters(document), overrides.read(document) | given(os.environ.get("PARAMS", ""))
    session = target.connect(settings, says=False)
    if "region" not in settings:
        document["default"]["global"]["parameters"]["region"] = session.region_name
    new = begins(session, settings["stack_name"])
    if new:
        own.forget(values)
    else:
        own.learn(session, settings["stack_name"], values)
    reserve(session, values, new or "--guided" in sys.argv)
    if "--guided" not in sys.argv:
        mail(values)
    overrides.write(document, values)


main()
