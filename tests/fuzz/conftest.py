"""The fuzzer is a program of its own; its files hold no tests."""

collect_ignore = ["harness.py", "inputs.py", "run.py"]
