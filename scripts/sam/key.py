"""Makes a key for the deployed stack, and shows it once. With --first it does so if the
stack wants keys and has none. docs/access.md says what keys are for; internal/auth/access reads
what is stored here.
"""

import argparse
import hashlib
import hmac
import json
import re
import secrets
import sys
import time
import unicodedata
import urllib.error
import urllib.request

import boto3
from botocore.exceptions import ClientError

import target

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32
PREFIX = "pk_"
ID, RANDOM, MARK = 8, 16, 8  # characters, the last two of the secret
PLACEHOLDER = "YOUR_KEY"  # in the lines that the server shows
PATIENCE = 20  # seconds for the server to show them


def checked(label):
    """Returns a label as it is stored: like a name of an agent, since others see it as one."""
    label = " ".join(unicodedata.normalize("NFC", label).split())
    if not re.fullmatch(r"(?=.*\w)[\w '.-]{1,40}", label) or re.search(PREFIX + r"\w{34}", label):
        sys.exit("The label must be 1 to 40 letters, digits, spaces and ' - _ . and hold no key: take the name of the person "
                 "who gets the key. No key was made.")
    return label


def check(text):
    """Returns the check characters over text, as internal/base/ident does."""
    total = 0
    for c in text.encode():
        total = (total * 33 + c + 7) % 1021
    return ALPHABET[total >> 5] + ALPHABET[total & 31]


def chosen(n):
    return "".join(secrets.choice(ALPHABET) for _ in range(n))


def mark(by, text):
    """Returns the mark that a secret of the table gives to an id and what is random of a key, as internal/base/ident does."""
    bits = int.from_bytes(hmac.digest(by.encode(), text.encode(), "sha256")[:MARK * 5 // 8])
    return "".join(ALPHABET[bits >> 5 * n & 31] for n in reversed(range(MARK)))


def items_of(client, table, partition):
    return client.query(
        TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": partition}},
        ConsistentRead=True)["Items"]


def secret_of(client, table):
    """Returns a secret by which the keys of a table are marked. The first key brings it."""
    for item in items_of(client, table, "SECRETS"):
        return json.loads(item["data"]["S"])["secret"]
    secret = secrets.token_hex(32)
    client.put_item(
        TableName=table, Item={"pk": {"S": "SECRETS"}, "sk": {"S": chosen(ID)}, "data": {"S": json.dumps({"v": 1, "secret": secret})}})
    return secret


def store(client, table, label):
    """Puts a new key into a table, of which that keeps a hash, and returns its text."""
    name, secret = chosen(ID), chosen(RANDOM)
    secret += mark(secret_of(client, table), name + secret)
    data = {"v": 1, "hash": hashlib.sha256(secret.encode()).hexdigest(), "label": label, "created": time.time_ns() // 1_000_000}
    client.put_item(
        TableName=table, Item={"pk": {"S": "KEYS"}, "sk": {"S": name}, "data": {"S": json.dumps(data)}},
        ConditionExpression="attribute_not_exists(pk)")
    return PREFIX + name + secret + check(PREFIX + name + secret)


def has_keys(client, table):
    return bool(items_of(client, table, "KEYS"))


def lines(address, key):
    """Returns what a person pastes into each client: the page of the server has it."""
    try:
        with urllib.request.urlopen(address.removesuffix("mcp"), timeout=PATIENCE) as answer:
            return answer.read().decode().replace(PLACEHOLDER, key)
    except (urllib.error.URLError, TimeoutError):
        return f"The address is {address}, with the header  Authorization: Bearer {key}\n"


def show(address, key):
    print(f"\nThis key lets agents use the server. It is shown this once; only a hash of it is stored:\n\n  {key}\n")
    print(lines(address, key))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", action="store_true")
    parser.add_argument("label", nargs="?", default="first")
    asked = parser.parse_args()
    settings = target.parameters(target.read())
    session = target.connect(settings, says=not asked.first)
    outputs = target.outputs(session, settings["stack_name"])
    client, label = session.client("dynamodb"), checked(asked.label)
    try:
        if asked.first and (outputs["Access"] != "keys" or has_keys(client, outputs["Table"])):
            return
        if not sys.stdout.isatty():
            say = print if asked.first else sys.exit
            return say("A key is shown on a terminal only, so that it gets into no log. To make one, run there: make key")
        key = store(client, outputs["Table"], label)
    except ClientError as error:
        sys.exit(f"No key was made: {error}\nThe stack itself is as it was. To make a key, run make key with credentials "
                 "that may use dynamodb:Query and dynamodb:PutItem.")
    show(outputs["Address"], key)


if __name__ == "__main__":
    main()
