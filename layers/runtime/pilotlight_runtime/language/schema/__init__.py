"""JSON Schema as an automaton over bytes, which tells what the next bytes of an answer may be.

    schema ── expand, merge ──▶ plain schemas ── build ──▶ shapes ── start ──▶ items on stacks, moved by bytes

A shape is the set of the texts that a schema allows. An item is a place inside such a text. A stack is an item with the
items that go on below it once it ends; several stacks are the ways in which the answer so far can be read.
"""
