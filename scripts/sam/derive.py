"""Prints a template as `sam local` can run it.

`sam local` has no Function URLs, so an HTTP API replaces it. The table is in an
engine on this machine, and is created if it does not exist. The function has the
given architecture, that of this machine. Resources that take no part in a request
(alarms, log, role) are left out.
"""

import sys

from samcli.yamlhelper import yaml_dump, yaml_parse

# How a container reaches the machine on which it runs. Docker Desktop knows the
# name; elsewhere `make sam-local` adds it.
HOST = "host.docker.internal"


def main():
    path, architecture, port = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    function = template["Resources"]["ParleyFunction"]
    properties = function["Properties"]
    for name in ("Role", "LoggingConfig", "FunctionUrlConfig", "ReservedConcurrentExecutions"):
        del properties[name]
    properties["Architectures"] = [architecture]
    properties["Events"] = {"Http": {"Type": "HttpApi", "Properties": {"PayloadFormatVersion": "2.0"}}}
    properties["Environment"]["Variables"].update({
        "PARLEY_TABLE": "parley",
        "PARLEY_CREATE_TABLE": "true",
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://{HOST}:{port}",
    })
    template["Description"] = "Parley behind an HTTP API, for sam local"
    template["Resources"] = {"ParleyFunction": function}
    used = yaml_dump(function)
    template["Parameters"] = {name: p for name, p in template["Parameters"].items() if name in used}
    del template["Conditions"], template["Outputs"]
    print(yaml_dump(template))


main()
