"""How a packaged function starts and answers, measured on this machine.

latency.py   milliseconds, their median and percentiles
process.py   in fresh Python processes: works everywhere, leaves Lambda's runtime client out
child.py     the process that process.py starts
emulator.py  in fresh processes of AWS's runtime emulator, with AWS's runtime client, without Docker
tools.py     where the emulator and the client are, and how they are fetched
measure.py   cold starts, warm requests and memory, in one of these two ways
sample.py    requests made from a model's signature
prices.py    what requests cost
report.py    one model's figures as a value
"""
