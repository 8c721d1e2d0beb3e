"""Refusing: every check of the verifier is one call of require, with the name of the check and what it saw."""


class Refused(Exception):
    """A key or proof that is not accepted: `check` names the check, the text says what and where."""

    def __init__(self, check, detail):
        super().__init__(f"{check}: {detail}")
        self.check = check


def require(condition, check, detail):
    if not condition:
        raise Refused(check, detail)
