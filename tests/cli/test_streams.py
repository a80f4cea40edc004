"""Where input and output are pipes, devices or nothing at all."""

import fcntl
import os
import select
import signal
import subprocess
import termios

import numpy as np
import pytest
from conftest import SCRIPT
from helpers.running import LIMIT, wait_until
from PIL import Image

from convtool import conv2d, find_kernel, read_image


@pytest.fixture
def sh(folder):
    """Run a line of shell in the current folder; $convtool is the command."""

    def run(line, **environment):
        return subprocess.run(
            ["bash", "-c", line],
            env={**os.environ, "convtool": SCRIPT, **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )

    return run


def one_line(result, code, message):
    error = result.stderr.decode()
    assert result.returncode == code, error
    assert message in error
    assert error.count("\n") == 1, error
    assert result.stdout == b""


def test_dev_stdout_is_a_pipe(sh, small):
    result = sh("$convtool conv small.png -k box3 -q --format png -o /dev/stdout | cat > out.png")
    assert result.stderr == b""
    expected = conv2d(small, find_kernel("box3"), dtype=np.uint8)
    assert np.array_equal(read_image("out.png"), expected)


def test_process_substitution(sh, small):
    result = sh("$convtool conv <(cat small.png) -k <(echo 1 2 3) --format csv -o out.csv")
    assert result.returncode == 0, result.stderr
    assert np.array_equal(read_image("out.csv"), conv2d(small, [[1, 2, 3]]))


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_large_result_goes_through_a_slow_pipe_whole(folder, unbuffered):
    image = np.random.default_rng(0).integers(0, 256, (1100, 1100), dtype=np.uint8)
    np.save("image.npy", image)
    for format_ in ("png", "npy"):
        command = [SCRIPT, "conv", "image.npy", "-k", "identity", "-q", "--format", format_]
        output, input_ = os.pipe()
        environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        process = subprocess.Popen(command, stdout=input_, env=environment)
        wait_until(lambda: not select.select([], [input_], [], 0)[1])  # it is full  # noqa: B023
        os.close(input_)
        with open(output, "rb") as pipe:
            (folder / f"out.{format_}").write_bytes(pipe.read())
        assert process.wait(timeout=LIMIT) == 0
        assert np.array_equal(read_image(f"out.{format_}"), image)


def test_nothing_is_written_before_the_first_value_is_computed(sh, small):
    for format_ in ("npy", "csv", "png"):
        line = f"$convtool conv small.png -k edge --dilation 100000 --format {format_}"
        one_line(sh(line), 1, "too many to hold")


def test_closed_streams(sh, small):
    result = sh("exec $convtool pool <&-")
    assert result.returncode == 2
    assert b"Usage: " in result.stderr
    one_line(sh("exec $convtool pool small.png >&-"), 1, "stdout is closed")
    assert sh("exec $convtool pool small.png -o out.png 2>&-").returncode == 0
    assert np.array_equal(read_image("out.png").shape, (20, 25, 3))


def test_a_stdin_that_cannot_be_read(sh, small):
    one_line(sh("$convtool pool 0>written"), 1, "stdin: cannot be read")


def test_full_devices(sh, small):
    one_line(sh("$convtool --version > /dev/full"), 1, "No space left")
    one_line(sh("$convtool conv --help > /dev/full"), 1, "No space left")
    one_line(sh("$convtool pool small.png > /dev/full"), 1, "stdout: cannot be written: No space")
    line = "$convtool pool small.png --format npy -o /dev/full"
    one_line(sh(line), 1, "/dev/full: cannot be written: No space left")


def test_a_note_that_cannot_be_told_does_not_undo_the_work(sh, small):
    assert sh("$convtool conv small.png -k edge -o out.png 2> /dev/full").returncode == 0
    assert read_image("out.png").shape == (40, 50, 3)


def bytes_waiting(pipe):
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), "little")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("format_", ["png", "npy"])
def test_a_signal_ends_what_waits_for_a_pipe(folder, format_, number):
    image = np.random.default_rng(0).integers(0, 256, (400, 400), dtype=np.uint8)
    if format_ == "png":
        Image.fromarray(image).save("a.png")
    else:
        np.save("a.npy", image)
    process = subprocess.Popen(
        [SCRIPT, "conv", "-", "-k", "edge", "-o", "out.png"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    process.stdin.write((folder / f"a.{format_}").read_bytes()[:60_000])
    process.stdin.flush()
    wait_until(lambda: list(folder.glob(".convtool-*")) and not bytes_waiting(process.stdin))
    process.send_signal(number)
    assert process.wait(LIMIT) == 128 + number
    process.stdin.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    assert os.listdir(folder) == [f"a.{format_}"]


def test_dev_stdout_may_be_a_file_that_others_write(sh, small):
    line = "$convtool conv small.png -k edge -q --format csv -o /dev/stdout"
    assert sh(f"{{ echo before; {line}; echo behind; }} > log").returncode == 0
    assert sh(f"{line} > alone.csv; {line} >> log").returncode == 0
    with open("alone.csv") as file:
        alone = file.read()
    with open("log") as file:
        assert file.read() == f"before\n{alone}behind\n{alone}"


def test_json_lines_need_a_stdout(sh, small):
    one_line(sh("$convtool pool small.png -d out --json >&-"), 1, "stdout is closed, expected it")


def test_a_kernel_that_is_not_piped_in_is_what_is_missing(sh, small):
    result = sh("exec $convtool conv small.png -k - -o out.png <&-")
    assert result.returncode == 2
    assert b"no kernel is piped in" in result.stderr
