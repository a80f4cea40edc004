"""The page's words of the command line: they say the stages that the page has."""

import json
import os
import shlex
import subprocess

import pytest
from helpers.node import evaluated, needs_node

from convtool import Pipeline
from convtool.render.page.described import described
from convtool.render.page.facts import presets

PIPELINES = [
    "conv -k edge", "conv -k sobel_x --stride 2 | relu | pool", "gray | abs | sigmoid | tanh",
    "conv -k '1 0; 0 1' --padding valid", "conv -k '-1 0 1' --divisor=-2 --bias=-0.5", "conv -k 5",
    "conv -k gaussian:5,1.3 --border constant --fill=-3", "conv -k '1 2 3; 4 5 6' --anchor 0,2",
    "conv -k '1e-9 2.5; -3 0.1' --dilation 2x3", "pool -m mean --size 3 --stride 1 --padding same",
    "conv -k gaussian5 --divisor 1 --padding 1,2,3,4", "pool -m lp --p 3 --ceil --size 2x3",
    "pool --size global", "pool -m mean --count-include-pad --padding 1 --dilation 2",
    "leaky_relu --slope 0.2 | leaky_relu --slope=-1", "conv -k roberts_x --padding same_lower",
    "pool -m mean --footprint plus:3 --stride 2", "conv -k sobel_x -k sobel_y --combine magnitude",
    "conv -k '1 2' -k '3 4' --combine abs-max --anchor 0,1 --bias 2",
    "conv -k kirsch --combine max", "conv -k box3 -k gaussian3 --combine sum --divisor 4",
    "conv -k gaussian:5,1.2 -k box5 --combine mean",
    "conv -k kirsch_n", "conv -k sobel_x --flip", "conv -k motion9 --border wrap --padding full",
    "pool --stride 1x2 --padding 1x0 -m median --size 3", "conv -k unsharp --bias 3",
]  # fmt: skip

ANSWER = """({cases, presets}) => cases.map((stages) =>
    commandOf(["-a b'.png", "--nodata=-1", "--delimiter=\t"], stages, presets))"""
AS_TOML = "({cases, presets}) => cases.map((stages) => tomlOf(stages, presets))"
IMPORTS = "import { commandOf, tomlOf } from './commands.js';"


def nameless(stages):
    return [{key: value for key, value in one.items() if key != "name"} for one in stages]


@pytest.fixture
def given(folder):
    cases = [described(Pipeline.parse(one).operators) for one in PIPELINES]
    return {"cases": cases, "presets": presets([one for stages in cases for one in stages])}


@needs_node
def test_the_command_makes_the_same_stages(given, folder):
    commands = evaluated(IMPORTS, ANSWER, given, folder)
    for command, stages in zip(commands, given["cases"], strict=True):
        program, run, pipeline, image, *reading, option, out = shlex.split(command)
        assert reading == ["--nodata=-1", "--delimiter=\t"]
        assert (program, run, image) == ("convtool", "run", "./-a b'.png")
        assert (option, out) == ("-o", "map.png")
        assert nameless(described(Pipeline.parse(pipeline).operators)) == nameless(stages), command


@needs_node
def test_a_kernel_goes_by_its_name_where_that_finds_it(given, folder):
    commands = evaluated(IMPORTS, ANSWER, given, folder)
    for words in ("sobel_x --stride 2", "gaussian:5,1.3 --border", "kirsch_n", "unsharp --bias 3"):
        assert any(f"--kernel {words}" in command for command in commands), words


@needs_node
@pytest.mark.parametrize(
    "name",
    [
        "plain.png",
        "a b.png",
        "it's.png",
        "$(x)`y`.png",
        "caf\udce9'\\n.png",
        "a\nb\udcff",
        "猫.png",
    ],
)
def test_a_shell_takes_a_name_for_what_it_is(name, folder):
    found = evaluated(
        "import { quoted } from './commands.js';", "(name) => quoted(name)", name, folder
    )
    done = subprocess.run(["bash", "-c", f"printf %s {found}"], capture_output=True, check=True)
    assert done.stdout == os.fsencode(name)


@needs_node
def test_the_file_makes_the_same_stages(given, folder):
    texts = evaluated(IMPORTS, AS_TOML, given, folder)
    for text, stages in zip(texts, given["cases"], strict=True):
        (folder / "stages.toml").write_text(text)
        found = described(Pipeline.load(folder / "stages.toml").operators)
        assert nameless(found) == nameless(stages), text


@needs_node
def test_the_fragment_brings_the_same_state(given, folder):
    imports = "import { fragmentOf, stateIn } from './state.js';"
    answer = "({cases}) => cases.map((state) => stateIn(fragmentOf(state)))"
    states = [
        {"stages": stages, "stage": 0, "row": 3, "col": 4, "channel": 1}
        for stages in given["cases"]
    ]
    assert evaluated(imports, answer, {"cases": states}, folder) == states


HOSTILE = [
    "", "x", "%", "null", "[]", "{}", '{"stages":[]}', '{"stages":[{"op":"constructor"}]}',
    '{"stages":[{"op":"conv","weights":[[1],[2,3]]}],"stage":0,"row":0,"col":0,"channel":0}',
    '{"stages":[{"op":"relu"}],"stage":-1,"row":0,"col":0,"channel":0}',
    '{"stages":[{"op":"relu"}],"stage":0,"row":"<img>","col":0,"channel":0}',
]  # fmt: skip


@needs_node
def test_a_fragment_of_anything_else_is_none(folder):
    imports = "import { stateIn } from './state.js';"
    answer = "({cases}) => cases.map(stateIn)"
    assert evaluated(imports, answer, {"cases": HOSTILE}, folder) == [None] * len(HOSTILE)


@needs_node
def test_a_fragment_brings_known_parameters_alone(folder):
    imports = "import { stateIn } from './state.js';"
    text = json.dumps(
        {"stages": [{"op": "relu", "evil": 1}], "stage": 7, "row": 0, "col": 0, "channel": 0}
    )
    found = evaluated(imports, "(text) => stateIn(text)", text, folder)
    assert found == {"stages": [{"op": "relu"}], "stage": 0, "row": 0, "col": 0, "channel": 0}


@needs_node
def test_undo_and_redo_go_through_what_was_done(folder):
    imports = "import { History } from './state.js';"
    answer = """() => {
      const history = new History([1]);
      history.keep([2]); history.keep([2]); history.keep([3]);
      const found = [history.move(-1), history.move(-1), history.move(-1), history.move(1)];
      history.keep([4]);
      return [...found, history.canRedo, history.canUndo, history.move(-1)];
    }"""
    assert evaluated(imports, answer, None, folder) == [[2], [1], [1], [2], False, True, [2]]


@needs_node
def test_resized_weights_keep_their_middle(folder):
    imports = "import { resized } from './state.js';"
    answer = "() => [resized([[5]], 3, 3), resized([[1,2,3],[4,5,6],[7,8,9]], 1, 2)]"
    expected = [[[0, 0, 0], [0, 5, 0], [0, 0, 0]], [[5, 6]]]
    assert evaluated(imports, answer, None, folder) == expected
