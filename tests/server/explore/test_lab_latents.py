"""The latents behind the points of the lab's plane."""

import torch

from ganviz.engine.frames import fixed_latents
from ganviz.engine.point_frames import MAX_GENERATED


def test_each_fake_of_the_plane_has_the_latent_that_it_is_drawn_from(explored):
    run = explored.manager.get("points")
    answer = explored.client.post("/gv/lab/latents", json={"run": "points"}).json()
    expected = fixed_latents(run.config, MAX_GENERATED)
    assert torch.allclose(torch.tensor(answer["z"]), expected, rtol=1e-3)


def test_a_run_of_pictures_and_one_that_is_not_there_are_refused_in_a_sentence(explored):
    for run, status in (("gan", 409), ("nowhere", 404)):
        refused = explored.client.post("/gv/lab/latents", json={"run": run})
        assert refused.status_code == status and refused.json()["error"].endswith(".")
