"""Whether an answer is streamed, and whether its usage ends the stream."""

from __future__ import annotations

from pilotlight_runtime.light_typing import NamedTuple
from pilotlight_runtime.protocol.openai.errors import UNSUPPORTED, InvalidField
from pilotlight_runtime.protocol.openai.fields import Fields


class Delivery(NamedTuple):
    """stream: whether the answer comes as server-sent events. usage: whether the last event has the counts."""

    stream: bool
    usage: bool


def read_delivery(fields: Fields) -> Delivery:
    """Reads how an answer is sent; InvalidField where stream_options has what is not supported."""
    stream = fields.flag("stream")
    options = fields.object("stream_options")
    if options is None:
        return Delivery(stream, usage=False)
    if not stream:
        raise InvalidField("stream_options", "stream_options is only for streams; set stream to true")
    options.only("include_usage", "include_obfuscation")
    if options.flag("include_obfuscation"):
        raise InvalidField(
            "stream_options.include_obfuscation", "stream_options.include_obfuscation is not supported", UNSUPPORTED
        )
    return Delivery(stream, options.flag("include_usage"))
