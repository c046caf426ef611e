"""Compares the policy for whoever deploys with the permissions that CloudFormation says it takes for each type of the
template, in the schemas of these types that cfn-lint brings. The arguments are the policy and the template that AWS makes
of template.yaml. That the policy names the right resources shows only on AWS.
"""

import fnmatch
import json
import pathlib
import sys

import cfnlint

SCHEMAS = pathlib.Path(cfnlint.__file__).parent / "data" / "schemas"

# Permissions for what the template has none of: keys of KMS, networks, imports and replicas of a table, streams of
# Kinesis, tables of S3, policies of users and groups, deliveries of logs.
UNUSED = (
    "ec2:*", "elasticfilesystem:*", "firehose:*", "kinesis:*", "kms:*", "s3files:*", "s3tables:*", "iam:*UserPolicy", "iam:*GroupPolicy",
    "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:*PermissionsBoundary", "iam:CreateServiceLinkedRole", "logs:CreateLogDelivery",
    "s3:REST.PUT.OBJECT", "lambda:PassCapacityProvider", "lambda:GetLayerVersion", "lambda:GetCodeSigningConfig")
# What the scripts and the SAM CLI ask beside that. deploying.py compares it with what they do ask.
ASKED = ("cloudformation:*", "cloudformation:GetTemplateSummary", "lambda:GetAccountSettings")


def actions(policy):
    """Returns the patterns of the actions that a policy allows."""
    for statement in policy["Statement"]:
        action = statement["Action"]
        yield from [action] if isinstance(action, str) else action


def grants(policy, action):
    """Reports whether a policy allows an action, on some resource."""
    return any(fnmatch.fnmatchcase(action, pattern) for pattern in actions(policy))


def taken(template):
    """Returns what CloudFormation takes to create, read, update and delete the types of a template, each with these types."""
    files, permissions = json.loads((SCHEMAS / "providers" / "eu-west-1.json").read_text()), {}
    for kind in sorted({resource["Type"] for resource in template["Resources"].values()}):
        schema = json.loads((SCHEMAS / "resources" / f"{files[kind]}.json").read_text())
        for name in ("create", "read", "update", "delete"):
            for permission in schema["handlers"].get(name, {}).get("permissions", ()):
                permissions.setdefault(permission, set()).add(kind)
    return permissions


def main():
    policy, template = (json.loads(pathlib.Path(path).read_text()) for path in sys.argv[1:])
    permissions = taken(template)
    lacks = {permission: kinds for permission, kinds in permissions.items()
             if not grants(policy, permission) and not any(fnmatch.fnmatchcase(permission, p) for p in UNUSED)}
    assert not lacks, f"the policy lacks what CloudFormation takes: {lacks}"
    idle = [p for p in actions(policy) if p not in ASKED and not fnmatch.filter(permissions, p)]
    assert not idle, f"the policy grants what nothing takes: {idle}"
    print(f"{len(permissions)} permissions of {len(set().union(*permissions.values()))} types")


if __name__ == "__main__":
    main()
