"""Sends odd events to packaged functions and checks each answer: `make fuzz`.

    targets/    some 60 functions, and what each must answer
    packaging   makes them as a user does: import or train, publish, pin, package
    events/     draws events from a seed: valid requests, and what may be done to them
    oracle/     decides what the answer must be; it shares no code with the runtime
    running/    the functions' processes, the verdicts, smaller forms of what was found
    __main__    the command line

Each function runs in a process of its own, so a native death is seen and survived. Every few events a known good
request must be answered right: no request harms the next.
"""
