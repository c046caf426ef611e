"""Runs deploy, logs and destroy as an operator does, from a copy of a folder like that
of the archive for AWS, with the real SAM CLI and a stand-in for AWS. The argument is
that folder.
"""

import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from fnmatch import fnmatchcase

import tomlkit
from samcli.yamlhelper import yaml_parse

from cloud import Cloud, serve
from granted import grants
from key import mark

POLICY = pathlib.Path(__file__).parents[2] / "deploy" / "aws" / "policy.json"
PATIENCE = 120  # seconds that a command may take


class Operator:
    """Somebody with a folder, and with credentials for a cloud."""

    def __init__(self, folder, cloud):
        self.folder, self.cloud = folder, cloud
        self.server, address = serve(cloud)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MAKE"))}
        self.environment |= {
            "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "SAM_CLI_POLL_DELAY": "0.1"}

    def make(self, target, *answers, region=None, fails=False, **variables):
        """Runs make with these variables, and returns what it printed."""
        environment = self.environment | ({"AWS_REGION": region} if region else {})
        done = subprocess.run(
            ["make", target, *(f"{name}={value}" for name, value in variables.items())],
            cwd=self.folder, env=environment, input="".join(a + "\n" for a in answers),
            start_new_session=True,  # what is not shown is read from the terminal, if there is one
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
        assert (done.returncode != 0) == fails, f"make {target}: {done.stdout}"
        return done.stdout

    def on_terminal(self, *command):
        """Runs a command on a terminal, and returns what it showed."""
        screen, terminal = pty.openpty()
        with subprocess.Popen(command, cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal) as process:
            os.close(terminal)
            shown = b""
            with contextlib.suppress(OSError):  # Linux reports the end of a terminal as EIO
                while part := os.read(screen, 4096):
                    shown += part
        os.close(screen)
        assert process.returncode == 0, f"{command}: it failed on a terminal"
        return shown.decode()

    def step(self, *command, fails=False, **variables):
        """Runs one step of make deploy alone, and returns what it printed."""
        done = subprocess.run(
            [sys.executable, *command], cwd=self.folder, env=self.environment | {"AWS_DEFAULT_REGION": "eu-west-1"} | variables,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def template(self):
        return yaml_parse((self.folder / "template.yaml").read_text())

    def answers(self):
        return (self.folder / "samconfig.local.toml").read_text()

    def answer(self, overrides):
        """Changes the parameters by hand."""
        path = self.folder / "samconfig.local.toml"
        answers = tomlkit.parse((path if path.exists() else self.folder / "samconfig.toml").read_text())
        answers["default"]["deploy"]["parameters"]["parameter_overrides"] = overrides
        path.write_text(answers.as_string())


# The first and the last step of make deploy. What only these decide is tried with them alone: with the
# SAM CLI between them a deployment takes a quarter of a minute.
PREPARE = ("scripts/sam/prepare.py",)
FIRST_KEY = ("scripts/sam/key.py", "--first")


def keys_in(text):
    return re.findall(r"pk_[0-9a-z]{34}", text)


def says(text, *parts):
    for part in parts:
        assert part in text, f"{part!r} is not in: {text}"


def refuses_before_it_builds(operator):
    for target in ("deploy", "logs", "destroy"):
        said = operator.make(target, fails=True)
        assert said.count("region") == 1, said
    operator.cloud.accepts = False
    said = operator.make("deploy", region="eu-west-1", fails=True)
    operator.cloud.accepts = True
    says(said, "AWS does not accept your credentials", "is expired")
    assert not (operator.folder / ".aws-sam").exists() and not (operator.folder / "samconfig.local.toml").exists()


def asks_before_it_installs_the_rest(operator):
    """On a machine that has none of it, what is large comes once AWS has taken the credentials."""
    with tempfile.TemporaryDirectory() as cache:
        operator.environment["PARLEY_TEST_CACHE"] = cache
        operator.cloud.accepts = False
        says(operator.make("deploy", region="eu-west-1", fails=True), "AWS does not accept your credentials")
        operator.cloud.accepts = True
        del operator.environment["PARLEY_TEST_CACHE"]
        (home,) = pathlib.Path(cache).iterdir()
        assert (home / "bin" / "python").exists() and not (home / "bin" / "sam").exists(), list((home / "bin").iterdir())


def begins_anew_after_a_failure(operator):
    cloud = operator.cloud
    cloud.leave("parley", "ROLLBACK_COMPLETE")
    said = operator.make("deploy", region="eu-west-1")
    says(said, "The first deployment failed", "At most 100 instances", "parley-Table-1A2B3C", "run there: make key")
    assert not keys_in(said) and not cloud.keys["parley-Table-1A2B3C"], said
    assert cloud.deleted == ["parley"], cloud.deleted
    parameters = cloud.stacks["parley"]["parameters"]
    assert parameters["AccountConcurrency"] == "1000" and parameters["ReservedConcurrency"] == "100", parameters
    says(operator.answers(), 'region = "eu-west-1"')


def marked(key, by):
    """A server takes no other key. internal/base/ident has the same example."""
    assert mark("a secret of a table", "abcdefgh0123456789abcdef") == "9v2zqvhe"
    assert mark(by, key[3:27]) == key[27:35], key


def shows_keys_on_a_terminal_only(operator):
    says(operator.make("key", fails=True), "on a terminal only")

    said = operator.on_terminal("make", "deploy")
    says(said, "No changes to deploy")
    (key, line) = keys_in(said)
    assert key == line and f"claude {operator.cloud.address}/mcp {key}" in said, said
    (item,) = operator.cloud.keys["parley-Table-1A2B3C"]
    assert key not in json.dumps(item) and key[11:35] not in json.dumps(item), item

    (kept,) = operator.cloud.secrets["parley-Table-1A2B3C"]
    marked(key, json.loads(kept["data"]["S"])["secret"])

    assert not keys_in(operator.on_terminal(sys.executable, *FIRST_KEY))
    assert len(operator.cloud.keys["parley-Table-1A2B3C"]) == 1
    (phone, _) = keys_in(operator.on_terminal("make", "key", "LABEL=my phone"))
    marked(phone, json.loads(kept["data"]["S"])["secret"])
    assert operator.cloud.secrets["parley-Table-1A2B3C"] == [kept], operator.cloud.secrets
    for label in ("Ann!!", "x" * 41, "...", key):
        says(operator.make("key", LABEL=label, fails=True), "The label must be")
    operator.cloud.grants = False
    says(operator.step(*FIRST_KEY, fails=True), "No key was made", "dynamodb:PutItem")
    operator.cloud.grants = True
    labels = [json.loads(i["data"]["S"])["label"] for i in operator.cloud.keys["parley-Table-1A2B3C"]]
    assert labels == ["first", "my phone"], labels


def leaves_the_instances_of_a_stack_that_runs(operator):
    cloud = operator.cloud
    cloud.leave("parley", "REVIEW_IN_PROGRESS")
    says(operator.make("deploy", region="eu-west-1"), "At most 100 instances")
    operator.answer("AccountConcurrency=1000 AlarmEmail=ann@parley.example")
    says(operator.step(*PREPARE), 'PARAMS="ReservedConcurrency=100" sets a cap', "until the tag parley is activated")
    assert "ReservedConcurrency" not in operator.answers(), operator.answers()
    assert "parley" in cloud.stacks and not cloud.deleted, cloud.deleted


def sets_parameters_without_asking(operator):
    cloud = operator.cloud
    for params, *parts in (
            ("AlarmMail=x", "NAME=VALUE", "AlarmEmail"), ("AlarmEmail", "NAME=VALUE"), ("AlarmEmail=ann", "AlarmEmail must be an e-mail address"),
            ("LongestWait=51", "LongestWait must be one of 10, 20"), ("DailyBudget=ten", "DailyBudget must be a whole number"), ("SignInAllow='x", "cannot be read"), ("OriginSecret=0123456789abcdef", "make deploy-guided")):
        says(operator.step(*PREPARE, PARAMS=params, fails=True), "Nothing was changed", *parts)
        assert not (operator.folder / "samconfig.local.toml").exists(), params
    said = operator.make("deploy", region="eu-west-1", PARAMS="AlarmEmail=ann@parley.example SignInAllow='acme.example, group:All staff'")
    says(said, "until the tag parley is activated")
    parameters = cloud.stacks["parley"]["parameters"]
    assert parameters["AlarmEmail"] == "ann@parley.example", parameters
    assert parameters["SignInAllow"] == "acme.example, group:All staff", parameters
    operator.step(*PREPARE)
    says(operator.answers(), 'AlarmEmail=\\"ann@parley.example\\"')  # the next deployment has them, too


def recovers_from_each_state(operator):
    """The states are those of "Stack status codes" in the guide of CloudFormation in which it takes no deployment."""
    cloud = operator.cloud
    failed = "The first deployment failed"
    for says_first, *statuses in (
            (failed, "ROLLBACK_FAILED"), (failed, "CREATE_FAILED"), ("was to be deleted", "DELETE_FAILED"),
            ("at work on the stack: CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"),
            ("at work on the stack: DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS", "")):
        cloud.leave("parley", *statuses)
        says(operator.step(*PREPARE), says_first)
        assert "parley" not in cloud.stacks, cloud.stacks["parley"]
    cloud.leave("parley", "CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    says(operator.step(*PREPARE), "at work on the stack")
    assert cloud.stacks["parley"]["status"] == "CREATE_COMPLETE", cloud.stacks
    command = "--region eu-west-1 --stack-name parley"
    cloud.leave("parley", "ROLLBACK_FAILED", kept=True)
    says(operator.step(*PREPARE, fails=True), "could not delete the stack", f"delete-stack --deletion-mode FORCE_DELETE_STACK {command}")
    cloud.leave("parley", "UPDATE_ROLLBACK_FAILED")
    says(operator.step(*PREPARE, fails=True), f"continue-update-rollback {command}")


def takes_its_own_address(operator):
    """A function has its address once it is there, and another one after it was destroyed."""
    cloud, pattern = operator.cloud, operator.template()["Parameters"]["PublicUrl"]["AllowedPattern"]
    operator.answer("PublicUrl=own")
    says(operator.make("deploy", region="eu-west-1"), f"the address {cloud.function}", "Successfully created/updated")
    taken = [p["PublicUrl"] for p in cloud.executed]
    assert taken == ["own", cloud.function] and all(re.fullmatch(pattern, url) for url in taken), taken
    del cloud.stacks["parley"]
    operator.step(*PREPARE)
    says(operator.answers(), 'PublicUrl=\\"own\\"')
    cloud.function = "https://c3d4.lambda-url.eu-west-1.on.aws"
    cloud.leave("parley", "CREATE_COMPLETE")
    cloud.stacks["parley"]["outputs"] = {"FunctionUrl": cloud.function + "/"}
    operator.answer("PublicUrl=own")  # for a stack that is there, it is known at once
    operator.step(*PREPARE)
    says(operator.answers(), f'PublicUrl=\\"{cloud.function}\\"')


def guides_to_another_stack(operator):
    names = operator.template()["Parameters"]
    keep = ""  # the default
    given = {"OriginSecret": "-", "PublicUrl": "own"}
    said = operator.make(
        "deploy-guided", "salon", keep, *(given.get(name, keep) for name in names), keep, keep, keep, "y", keep, keep, keep)
    says(said, "Parameter ReservedConcurrency", "[100]", "Parley checks keys")
    parameters = operator.cloud.stacks["salon"]["parameters"]
    assert parameters["ReservedConcurrency"] == "100" and parameters["AccountConcurrency"] == "1000", parameters
    assert parameters["PublicUrl"] == operator.cloud.function, parameters
    # Later deployments keep it.
    says(operator.make("deploy"), "No changes to deploy", "The stack salon in eu-west-1", "No AlarmEmail is set")
    assert operator.cloud.stacks["salon"]["parameters"]["OriginSecret"] == "-" and "OriginSecret" not in operator.answers(), operator.answers()


def shows_the_log(operator):
    says(operator.make("logs"), "a line of salon-function-log")
    errors, everything = operator.cloud.patterns
    assert "?ERROR" in errors and everything == "", operator.cloud.patterns


def destroys_what_was_deployed(operator):
    said = operator.make("destroy", "y", "y", "y")
    says(said, "salon-Table-1A2B3C", "salon-files-1a2b3c", "--no-deletion-protection-enabled --region eu-west-1", "Deleted successfully")
    assert operator.cloud.deleted[1:] == ["salon"] and "parley" in operator.cloud.stacks, operator.cloud.deleted


def small_accounts_reserve_nothing(operator):
    says(operator.step(*PREPARE), "may run 110 instances at once, too few")
    says(operator.answers(), 'AccountConcurrency=\\"110\\"')
    assert "ReservedConcurrency" not in operator.answers(), operator.answers()


def check(kit, instances, *steps):
    """Takes the steps in an account with that many instances."""
    with tempfile.TemporaryDirectory() as parent:
        folder = pathlib.Path(shutil.copytree(kit, pathlib.Path(parent, "kit")))
        operator = Operator(folder, Cloud(instances))
        try:
            for step in steps:
                print("  ", step.__name__.replace("_", " "), flush=True)
                step(operator)
            policy = json.loads(POLICY.read_text())
            lacks = [a for a in sorted(operator.cloud.asked - {"sts:GetCallerIdentity"}) if not grants(policy, a)]  # everybody may ask that
            assert not lacks, f"the policy for whoever deploys lacks {lacks}"
            stacks = [r.split(":")[-1] for s in policy["Statement"] for r in s["Resource"] if ":stack/" in r]
            strange = [n for n in sorted(operator.cloud.named)
                       if not any(fnmatchcase(f"stack/{n.replace('salon', 'parley')}/1", pattern) for pattern in stacks)]
            assert not strange, f"the policy for whoever deploys is not for the stacks {strange}"
        finally:
            operator.server.shutdown()


def main():
    kit = sys.argv[1]
    check(kit, 1000, refuses_before_it_builds, asks_before_it_installs_the_rest, begins_anew_after_a_failure, shows_keys_on_a_terminal_only,
          guides_to_another_stack, shows_the_log, destroys_what_was_deployed)
    check(kit, 1000, sets_parameters_without_asking)
    check(kit, 1000, leaves_the_instances_of_a_stack_that_runs)
    check(kit, 1000, recovers_from_each_state)
    check(kit, 1000, takes_its_own_address)
    check(kit, 110, small_accounts_reserve_nothing)


main()
