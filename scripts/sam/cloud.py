"""A stand-in for AWS that knows what the SAM CLI and the scripts beside it ask when they
deploy, make keys, look and delete. It stores stacks with their parameters, and keys, and
creates nothing.
"""

import datetime
import http.server
import itertools
import json
import re
import threading
import urllib.parse
from xml.sax.saxutils import escape

ACCOUNT = "123456789012"
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc).isoformat()
# The bucket for uploads, which the SAM CLI would create at first.
BUCKET_STACK = "aws-sam-cli-managed-default"
# The states in which CloudFormation takes a deployment, as far as they occur here.
TAKES = (None, "REVIEW_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_COMPLETE")


def xml(value):
    if isinstance(value, dict):
        return "".join(f"<{name}>{xml(part)}</{name}>" for name, part in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{xml(part)}</member>" for part in value)
    return escape(str(value))


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Cloud:
    """The state of an account in one region."""

    def __init__(self, instances):
        self.instances = instances  # the limit
        self.accepts = True  # the credentials
        self.grants = True  # the table to these credentials
        self.stacks = {BUCKET_STACK: {
            "status": "CREATE_COMPLETE", "parameters": {},
            "outputs": {"SourceBucket": "uploads"}, "tags": {"ManagedStackSource": "AwsSamCli"}}}
        self.changes = {}  # name of the stack: template and parameters
        self.deleted = []
        self.executed = []  # the parameters of each deployment
        self.function = "https://a1b2.lambda-url.eu-west-1.on.aws"  # the address of the next function
        self.patterns = []  # by which the log was searched
        self.keys = {}  # name of a table: the items of its keys
        self.secrets = {}  # the same: those of the secrets by which these are marked
        self.address = ""  # where this is served
        self.asked = set()  # the actions of what was asked, as a policy names them
        self.named = set()  # the stacks that were named
        self.numbers = itertools.count()

    def stack(self, name):
        if name not in self.stacks:
            raise Refused("ValidationError", f"Stack with id {name} does not exist")
        return self.stacks[name]

    def leave(self, name, *statuses, kept=False):
        """Leaves a stack that takes on these statuses, one for each look at it; "" is none. One that is kept is not deleted
        when it is asked for."""
        self.stacks[name] = {"status": statuses[0], "next": list(statuses[1:]), "kept": kept, "parameters": {}, "outputs": {}, "tags": {}}

    # The operations of the query protocol: STS and CloudFormation.

    def GetCallerIdentity(self, _):
        if not self.accepts:
            raise Refused("ExpiredToken", "The security token included in the request is expired")
        return {"Arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "UserId": "U", "Account": ACCOUNT}

    def DescribeStacks(self, q):
        name, stack = q["StackName"], self.stack(q["StackName"])
        answer = {"Stacks": [{
            "StackId": name, "StackName": name, "CreationTime": NOW, "StackStatus": stack["status"],
            "EnableTerminationProtection": "false",
            "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in stack["outputs"].items()],
            "Tags": [{"Key": k, "Value": v} for k, v in stack["tags"].items()],
        }]}
        if stack.get("next"):
            stack["status"] = stack["next"].pop(0)
            if not stack["status"]:
                del self.stacks[name]
        return answer

    def GetTemplateSummary(self, q):
        return {"Parameters": [{"ParameterKey": name} for name in self.stack(q["StackName"])["parameters"]]}

    def CreateChangeSet(self, q):
        name = q["StackName"]
        status = self.stacks[name]["status"] if name in self.stacks else None
        if (status in (None, "REVIEW_IN_PROGRESS")) != (q["ChangeSetType"] == "CREATE") or status not in TAKES:
            raise Refused("ValidationError", f"Stack {name} is in {status} state and can not be updated.")
        self.stacks.setdefault(name, {"status": "REVIEW_IN_PROGRESS", "parameters": {}, "outputs": {}, "tags": {}})
        given, pairs, previous = {}, "Parameters.member.", self.stacks[name]["parameters"]
        for key, value in q.items():
            if key.startswith(pairs) and key.endswith(".ParameterKey"):
                number = key.removeprefix(pairs).split(".")[0]
                given[value] = q.get(f"{pairs}{number}.ParameterValue", previous.get(value))
        self.changes[name] = (q["TemplateURL"].rsplit("/")[-1], given)
        return {"Id": f"arn:aws:cloudformation:x:{ACCOUNT}:changeSet/{name}/1", "StackId": name}

    def DescribeChangeSet(self, q):
        name = q["StackName"]
        if self.stacks[name].get("change") == self.changes[name]:
            return {"Status": "FAILED", "StatusReason": "The submitted information didn't contain changes."}
        return {"Status": "CREATE_COMPLETE", "Changes": []}

    def ExecuteChangeSet(self, q):
        name = q["StackName"]
        new = self.stacks[name]["status"] == "REVIEW_IN_PROGRESS"
        _, parameters = self.changes[name]
        self.executed.append(parameters)
        self.stacks[name] = {
            "status": "CREATE_COMPLETE" if new else "UPDATE_COMPLETE", "change": self.changes[name], "parameters": parameters, "tags": {},
            "outputs": {"Table": f"{name}-Table-1A2B3C", "Files": f"{name}-files-1a2b3c", "Address": f"{self.address}/mcp",
                        "FunctionUrl": f"{self.function}/", "Access": parameters.get("Access", "keys")}}
        return {}

    def DescribeStackEvents(self, q):
        name, stack = q["StackName"], self.stack(q["StackName"])
        return {"StackEvents": [{
            "StackId": name, "EventId": next(self.numbers), "StackName": name, "LogicalResourceId": name,
            "PhysicalResourceId": name, "ResourceType": "AWS::CloudFormation::Stack",
            "Timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(), "ResourceStatus": stack["status"],
        }]}

    def DeleteStack(self, q):
        name = q["StackName"]
        self.deleted.append(name)
        if self.stack(name).get("kept"):
            self.leave(name, "DELETE_IN_PROGRESS", "DELETE_FAILED", kept=True)
        elif "next" in self.stack(name):
            self.leave(name, "DELETE_IN_PROGRESS", "")
        else:
            del self.stacks[name]
        return {}

    def GetTemplate(self, _):
        return {"TemplateBody": "Resources: {}"}

    def ListStackResources(self, q):
        return {"StackResourceSummaries": [{
            "LogicalResourceId": "ParleyFunction", "PhysicalResourceId": q["StackName"] + "-function",
            "ResourceType": "AWS::Lambda::Function", "ResourceStatus": "CREATE_COMPLETE", "LastUpdatedTimestamp": NOW,
        }]}

    # The rest, by method, path and body.

    def answer(self, method, path, body, operation):
        """Returns the status, the type and the body of the answer."""
        if method == "GET" and path == "/":  # of the deployed server
            return 200, "text/plain", f"claude {self.address}/mcp YOUR_KEY\n"
        if path.startswith("/uploads/"):
            return (404 if method == "HEAD" else 200), "application/xml", ""
        if path.endswith("/account-settings/") or path.endswith("/account-settings"):
            limit = {"ConcurrentExecutions": self.instances, "UnreservedConcurrentExecutions": self.instances}
            return 200, "application/json", json.dumps({"AccountLimit": limit})
        if path.startswith("/2015-03-31/functions/"):
            settings = {"LoggingConfig": {"LogGroup": path.split("/")[3] + "-log"}}
            return 200, "application/json", json.dumps(
                {"Configuration": settings} if path.endswith("-function") else settings)
        if operation.startswith("DynamoDB_") and not self.grants:
            refusal = {"__type": "com.amazon.coral.service#AccessDeniedException", "message": "not authorized"}
            return 400, "application/x-amz-json-1.0", json.dumps(refusal)
        if operation.startswith("DynamoDB_"):
            q = json.loads(body)
            partition = q["Item"]["pk"] if "Item" in q else q["ExpressionAttributeValues"][":pk"]
            of = self.keys if partition == {"S": "KEYS"} else self.secrets
            items = of.setdefault(q["TableName"], [])
            if operation.endswith(".PutItem"):
                items.append(q["Item"])
                return 200, "application/x-amz-json-1.0", "{}"
            return 200, "application/x-amz-json-1.0", json.dumps({"Count": len(items), "Items": items})
        if body.startswith("{"):
            return 200, "application/x-amz-json-1.1", json.dumps(self.search(json.loads(body)))
        q = dict(urllib.parse.parse_qsl(body))
        action = q["Action"]
        self.named |= {q["StackName"]} if "StackName" in q else set()
        try:
            result = getattr(self, action)(q)
        except Refused as refusal:
            error = {"Error": {"Type": "Sender", "Code": refusal.code, "Message": refusal}}
            return 400, "text/xml", f"<ErrorResponse>{xml(error)}</ErrorResponse>"
        return 200, "text/xml", f"<{action}Response>{xml({action + 'Result': result})}</{action}Response>"

    def record(self, service, method, path, body, operation):
        """Records the action of a request: its service is in the signature."""
        if service == "s3":
            action = "ListBucket" if path.count("/") == 1 else {"HEAD": "GetObject"}.get(method, method.title() + "Object")
        elif service == "lambda":
            action = "GetAccountSettings" if "account-settings" in path else "GetFunction" + "Configuration" * path.endswith("/configuration")
        else:
            action = operation.split(".")[-1] or dict(urllib.parse.parse_qsl(body))["Action"]
        self.asked.add(f"{service}:{action}")

    def search(self, q):
        self.patterns.append(q.get("filterPattern", ""))
        name = q["logGroupName"]
        line = json.dumps({"level": "ERROR", "msg": "a line of " + name})
        at = int(datetime.datetime.now(datetime.timezone.utc).timestamp() * 1000)
        return {"events": [{"logStreamName": "s", "timestamp": at, "message": line, "ingestionTime": at, "eventId": "1"}]}


def serve(cloud):
    """Serves cloud on this machine, and returns the server and its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = urllib.parse.urlsplit(self.path).path
            text = "" if path.startswith("/uploads/") else body.decode()
            operation = self.headers.get("X-Amz-Target", "")
            if signed := re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers.get("Authorization", "")):
                cloud.record(signed[1], self.command, path, text, operation)
            status, kind, answer = cloud.answer(self.command, path, text, operation)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer.encode())))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.encode())

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_one

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cloud.address = f"http://127.0.0.1:{server.server_port}"
    return server, cloud.address
