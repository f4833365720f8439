"""Directions of a generator, the data over a plane, and what is kept with a run."""

import pytest
import torch

from ganviz.latent import directions, from_text, to_text
from ganviz.runs.kept_latents import FILE
from ganviz.runs.trained import load_generator


def vectors_of(answer, dim=6):
    return torch.cat([from_text(one["vector"], dim) for one in answer["directions"]])


def test_sefa_is_that_of_the_first_layer(post, explored):
    answer = post("directions", run="gan", kind="sefa")
    weight = load_generator(explored.runs / "gan").network.first_layer()
    assert torch.allclose(vectors_of(answer), directions(weight, 12).vectors, atol=1e-5)
    assert all(one["change"] > 0 for one in answer["directions"]) and answer["step"] == 30


def test_every_kind_gives_unit_vectors(post):
    stars = to_text(torch.ones(2, 6))
    for run, kind in (("gan", "pca"), ("vae", "axes"), ("vae", "classes"), ("gan", "starred")):
        found = vectors_of(post("directions", run=run, kind=kind, starred=stars))
        assert torch.allclose(found.norm(dim=1), torch.ones(len(found)), atol=1e-5), kind
    assert torch.allclose(found, torch.ones(1, 6) / 6**0.5)


def test_what_does_not_fit_a_run_gets_a_sentence(refusal):
    assert "class beside z" in refusal("directions", run="gan", kind="classes")[1]
    assert "no encoder" in refusal("directions", run="gan", kind="axes")[1]
    assert "Star some pictures" in refusal("directions", run="gan", kind="starred")[1]
    assert "no labels" in refusal("directions", run="points", kind="classes")[1]
    plane = {"centre": "AAAA", "u": "AAAA", "v": "AAAA"}
    assert "whole latents" in refusal("codes", run="vae", **plane)[1]


def test_encoded_data_lie_over_a_plane(post):
    centre, axes = torch.full((6,), 0.5), torch.eye(6)
    plane = {"centre": to_text(centre), "u": to_text(axes[0]), "v": to_text(axes[1])}
    here, moved = (
        post("codes", run="vae", **{**plane, "centre": to_text(one)}) for one in (centre, -centre)
    )
    assert len(here["at"]) == len(here["labels"]) == 800
    shift = torch.tensor(moved["at"]) - torch.tensor(here["at"])
    assert torch.allclose(shift, torch.ones(1, 2), atol=0.002)


def test_a_direction_is_kept_found_again_and_taken_away(post, refusal, client, explored):
    vector = to_text(torch.eye(6)[3])
    keep = {"run": "gan", "kind": "directions", "name": "Slant <b>"}
    post("keep", **keep, content={"vector": vector})
    (found,) = post("directions", run="gan", kind="kept")["directions"]
    assert found["label"] == "Slant <b>" and found["vector"] == vector
    assert client.get("/gv/explore/kept?run=gan").json()["directions"][0]["name"] == "Slant <b>"
    post("keep", **keep, forget=True)
    assert post("directions", run="gan", kind="kept")["directions"] == []
    assert "Nothing is kept" in refusal("keep", **keep, forget=True)[1]
    assert "name" in refusal("keep", **{**keep, "name": "\u202e"}, content={})[1]


@pytest.mark.parametrize("content", ["[1, 2", '{"directions": [1, {"name": 5}, {"name": "x"}]}'])
def test_a_damaged_file_takes_nothing_down(post, explored, content):
    file = explored.runs / "gan" / FILE
    file.write_text(content)
    assert post("directions", run="gan", kind="kept")["directions"] == []
    file.unlink()
