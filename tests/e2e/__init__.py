"""End to end: the server as a process of its own, real ports, real files, real signals. For pytest only.

Run them with `python -m pytest tests/e2e`. What can be made longer or harder by the environment:

- SIMPLECHAT_CRASH_ROUNDS (3): how often the server is killed while six people talk.
- SIMPLECHAT_CRASH_SEED (a new one each time, printed): what the moments of the kills are drawn from.
- SIMPLECHAT_TROUBLE_S (2.5): for how many seconds the disk is full, or the database locked.
"""
