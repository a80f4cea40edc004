"""The net is a program of its own; its files hold no tests."""

collect_ignore = ["commands.py", "inputs.py", "run.py"]
