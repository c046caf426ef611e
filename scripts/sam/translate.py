"""Prints the CloudFormation template that AWS makes of a SAM template.

Linters of the SAM template itself miss bad values of the properties that only
SAM knows, such as InvokeMode; in the translation they show.
"""

import json
import sys

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # As `sam package` leaves it; the content is of no matter here.
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    session = boto3.Session(region_name="eu-west-1")
    translated = Translator({}, Parser(), boto_session=session).translate(template, {})
    json.dump(translated, sys.stdout, indent=2)


main()
