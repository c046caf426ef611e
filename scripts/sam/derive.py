"""Prints a template as `sam local` can run it.

`sam local` serves no Function URLs, so an HTTP API takes that one's place; the
table is an engine on this machine, made when it is not there; and the function
is of the architecture that is named, this machine's own. What has no part in a
request (alarms, log, role) is left out, and so is the bucket: such a server holds no files.
"""

import sys

from samcli.yamlhelper import yaml_dump, yaml_parse

# How a container reaches the machine that it runs on: Docker Desktop knows the
# name, elsewhere `make sam-local` has it added.
HOST = "host.docker.internal"


def main():
    path, architecture, port = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    function = template["Resources"]["ParleyFunction"]
    properties = function["Properties"]
    for name in ("Role", "LoggingConfig", "FunctionUrlConfig", "ReservedConcurrentExecutions"):
        del properties[name]
    del properties["Environment"]["Variables"]["PARLEY_FILES_BUCKET"]
    properties["Architectures"] = [architecture]
    properties["Events"] = {"Http": {"Type": "HttpApi", "Properties": {"PayloadFormatVersion": "2.0"}}}
    properties["Environment"]["Variables"].update({
        "PARLEY_TABLE": "parley",
        "PARLEY_CREATE_TABLE": "true",
        "PARLEY_ACCESS": "open",
        "PARLEY_PUBLIC_URL": "",
        "PARLEY_ORIGIN_SECRET": "",
        "PARLEY_SIGN_IN_ISSUER": "",
        "PARLEY_SIGN_IN_CLIENT_ID": "",
        "PARLEY_SIGN_IN_CLIENT_SECRET": "",
        "PARLEY_SIGN_IN_ALLOW": "",
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://{HOST}:{port}",
    })
    template["Description"] = "Parley behind an HTTP API, for sam local"
    template["Resources"] = {"ParleyFunction": function}
    used = yaml_dump(function)
    template["Parameters"] = {name: p for name, p in template["Parameters"].items() if name in used}
    del template["Rules"], template["Conditions"], template["Outputs"]
    print(yaml_dump(template))


main()
