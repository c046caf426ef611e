"""Prints the stack and the region of this folder, after asking AWS whether it takes the
credentials. deploy, key, destroy and logs all begin here.
"""

import os
import pathlib
import sys

import boto3
import tomlkit
from botocore.exceptions import BotoCoreError, ClientError

ANSWERS = pathlib.Path("samconfig.local.toml")
DEFAULTS = pathlib.Path("samconfig.toml")


def read():
    """Returns the document with the answers, or with the defaults before the first deployment."""
    path = ANSWERS if ANSWERS.exists() else DEFAULTS
    return tomlkit.parse(path.read_text(encoding="utf-8"))


def parameters(document):
    """Returns what `sam deploy` takes from the document."""
    default = document["default"]
    return {**default["global"]["parameters"], **default["deploy"]["parameters"]}


def outputs(session, name):
    """Returns the outputs of a stack."""
    stack = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}


def connect(settings, says=True):
    """Returns a session in the region of the stack, whose credentials are good."""
    try:
        session = boto3.Session(region_name=settings.get("region") or os.environ.get("AWS_REGION"))
    except BotoCoreError as error:
        sys.exit(f"{error}: check AWS_PROFILE")
    if not session.region_name:
        sys.exit("No region is set. Name the one in which Parley shall run, or runs: AWS_REGION=eu-west-1 make …")
    try:
        caller = session.client("sts").get_caller_identity()
    except BotoCoreError as error:
        sys.exit(f"AWS could not be asked: {error}. Check your credentials (aws configure, aws sso login), the region and the network.")
    except ClientError as error:
        sys.exit(
            f"AWS does not accept your credentials: {error}\n"
            "Log in again (aws sso login), or set them (aws configure). To try them: aws sts get-caller-identity")
    if says:
        print(f"The stack {settings['stack_name']} in {session.region_name}, account {caller['Account']}, "
              f"as {caller['Arn']}", file=sys.stderr)
    return session


def main():
    settings = parameters(read())
    session = connect(settings)
    print(settings["stack_name"], session.region_name)


if __name__ == "__main__":
    main()
