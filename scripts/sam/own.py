"""Puts the Function URL in the place of PublicUrl, where that is to be the function's own address. A
template cannot: the function would have to be there before its settings. Prints the address if the stack
is to be updated with it.
"""

import re

import overrides
import target

OWN = "own"  # PublicUrl, as long as the address is not known
FUNCTION_URL = re.compile(r"https://[^/]+\.lambda-url\.[^/]+")


def forget(values):
    """Forgets the address of a function that is gone: its successor has another one."""
    if FUNCTION_URL.fullmatch(values.get("PublicUrl", "")):
        values["PublicUrl"] = OWN


def learn(session, name, values):
    """Sets the address of the function of a stack, and returns it if it was to be learned."""
    if values.get("PublicUrl") != OWN:
        return ""
    values["PublicUrl"] = target.outputs(session, name)["FunctionUrl"].rstrip("/")
    return values["PublicUrl"]


def main():
    document = target.read()
    settings, values = target.parameters(document), overrides.read(document)
    if values.get("PublicUrl") != OWN:
        return
    print(learn(target.connect(settings, says=False), settings["stack_name"], values))
    overrides.write(document, values)


if __name__ == "__main__":
    main()
