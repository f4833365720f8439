"""The generator as ONNX draws what PyTorch draws."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ganviz.export import model
from ganviz.export.model import NoModel
from ganviz.runs.trained import load_generator


@pytest.mark.slow
def test_onnx_draws_the_same(kept_run, tmp_path):
    pytest.importorskip("onnxscript")
    from onnx.reference import ReferenceEvaluator

    path = model.to_onnx(kept_run, tmp_path / "generator.onnx")
    generator, session = load_generator(kept_run), ReferenceEvaluator(str(path))
    for seed in range(3):
        z = torch.randn(1, generator.latent_dim, generator=torch.Generator().manual_seed(seed))
        (x,) = session.run(None, {"z": z.numpy(), "y": np.array([seed])})
        assert np.abs(x - generator(z, torch.tensor([seed])).numpy()).max() < 1e-5
    assert str(kept_run.parent) not in path.read_bytes().decode("latin-1")


def test_what_cannot_be_written_is_told_in_a_sentence(kept_run, tmp_path, monkeypatch):
    pytest.importorskip("onnxscript")
    with (
        monkeypatch.context() as patch,
        pytest.raises(NoModel, match="could not be written as ONNX: no module"),
    ):
        patch.setattr(
            model.subprocess,
            "run",
            lambda *_, **__: SimpleNamespace(returncode=1, stderr="Traceback\nno module.\n"),
        )
        model.to_onnx(kept_run, tmp_path / "generator.onnx")
    monkeypatch.setattr(model, "find_spec", lambda name: None)
    with pytest.raises(NoModel, match="pip install onnxscript"):
        model.to_onnx(kept_run, tmp_path / "generator.onnx")
