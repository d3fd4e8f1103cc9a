"""What IAM decides about a call of DynamoDB, for the elements that this project's policies have.

It refuses a policy with any other element, so that no statement counts for more or less than it says. It knows one kind
of policy: those attached to the identity that calls.
Sources: IAM User Guide, "Policy evaluation logic", "Condition operators", "Multivalued context keys"; Service
Authorization Reference, "Condition keys for Amazon DynamoDB"; Amazon DynamoDB Developer Guide, "Using IAM policy
conditions for fine-grained access control".
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

_ELEMENTS: Final = {"Sid", "Effect", "Action", "Resource", "Condition"}


class Call(NamedTuple):
    """A call of DynamoDB as IAM sees it.

    Attributes:
        action: The action, such as "dynamodb:UpdateItem".
        keys: The values of the partition key.
        attributes: The attributes that the parameters name, those of the key included; empty for a whole item.
        enclosing: The transaction that the call is a part of, such as "TransactWriteItems"; "" for none.
    """

    action: str
    keys: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    enclosing: str = ""

    @property
    def context(self) -> dict[str, tuple[str, ...]]:
        """The condition keys of the call. A key without a value is missing."""
        found = {
            "dynamodb:LeadingKeys": self.keys,
            "dynamodb:Attributes": self.attributes,
            "dynamodb:EnclosingOperation": (self.enclosing,) if self.enclosing else (),
        }
        return {name: values for name, values in found.items() if values}


def see_call(action: str, parameters: Mapping[str, Any]) -> Call:
    """What IAM sees of the parameters of a call: the partition, and the attributes that it names.

    Attributes within an attribute are not seen: only the names at the top of the item.
    """
    if "Item" in parameters:
        item = parameters["Item"]
        return Call(f"dynamodb:{action}", (item["pk"]["S"],), tuple(sorted(item)))
    if "KeyConditionExpression" in parameters:
        return Call(f"dynamodb:{action}", (parameters["ExpressionAttributeValues"][":pk"]["S"],))
    names = parameters.get("ExpressionAttributeNames", {})
    texts = [parameters.get(f"{kind}Expression", "") for kind in ("Update", "Condition", "Projection")]
    top = {names[match] for text in texts for match in re.findall(r"(?<![.\w])#\w+", text)}
    key = parameters["Key"]
    return Call(f"dynamodb:{action}", (key["pk"]["S"],), (*key, *sorted(top)) if top else ())


def is_allowed(statements: Sequence[Mapping[str, Any]], call: Call, table: object) -> bool:
    """Whether policies allow a call.

    Args:
        statements: The statements of all policies of the identity.
        call: The call.
        table: The resource, as the statements name it.
    """
    effects = {it["Effect"] for it in statements if _applies(it, call, table)}
    assert effects <= {"Allow", "Deny"}
    return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], call: Call, table: object) -> bool:
    assert set(statement) <= _ELEMENTS, set(statement) - _ELEMENTS
    return (
        any(fnmatch.fnmatchcase(call.action.lower(), action.lower()) for action in _listed(statement["Action"]))
        and any(resource in ("*", table) for resource in _listed(statement["Resource"]))
        and all(
            _holds(operator, call.context.get(name, ()), _listed(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for name, wanted in keys.items()
        )
    )


def _holds(operator: str, found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether one line of a condition holds. Without a value, ForAllValues holds and ForAnyValue doesn't."""
    if operator == "Null":
        assert set(wanted) <= {"true", "false"}
        return str(not found).lower() in wanted
    quantifier, colon, compare = operator.partition(":")
    if not colon:  # without a quantifier, a key has one value
        assert len(found) <= 1
        quantifier, compare = "ForAnyValue", operator
    return _QUANTIFIERS[quantifier](any(_COMPARISONS[compare](value, each) for each in wanted) for value in found)


def _is_like(value: str, pattern: str) -> bool:
    assert "[" not in pattern  # IAM knows * and ? alone
    return fnmatch.fnmatchcase(value, pattern)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_QUANTIFIERS: Final[Mapping[str, Callable[[Any], bool]]] = {"ForAllValues": all, "ForAnyValue": any}
_COMPARISONS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringLike": _is_like,
}
