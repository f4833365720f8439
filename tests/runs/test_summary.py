"""What tells runs of one preset apart."""

from ganviz.config import RunConfig
from ganviz.registry import PRESETS
from ganviz.runs.summary import Summary, changed_settings


def test_what_was_set_otherwise_than_the_preset_has_it():
    config = RunConfig.from_preset("digits-quick", seed=7, g_lr=0.001, name="mine")
    assert changed_settings(config) == {"seed": 7, "g_lr": 0.001}
    assert changed_settings(RunConfig.from_preset("digits-quick")) == {}


def test_it_is_kept_with_the_run(tmp_path):
    summary = Summary()
    summary.set_config(RunConfig.from_preset("digits-quick", seed=7))
    summary.write(tmp_path)
    assert Summary.open(tmp_path).changed == {"seed": 7}


def test_own_settings_have_no_preset_to_differ_from():
    assert changed_settings(RunConfig.parse({"seed": 7})) == {}


def test_a_preset_that_wants_a_folder_is_compared_all_the_same():
    for name in PRESETS.names():
        settings = PRESETS.get(name, "preset").settings
        mine = {"data_path": "pictures"} if settings.get("data") == "folder" else {}
        assert changed_settings(RunConfig.from_preset(name, **mine)) == mine, name
