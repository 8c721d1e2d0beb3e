"""Refusing: a check is a call of require, with its name and what it saw; the readers of files raise Refused themselves."""


class Refused(Exception):
    """A key or proof that is not accepted: `check` names the check, the text says what and where."""

    def __init__(self, check, detail):
        super().__init__(f"{check}: {detail}")
        self.check = check


def require(condition, check, detail):
    if not condition:
        raise Refused(check, detail)
