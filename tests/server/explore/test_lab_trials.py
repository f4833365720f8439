"""Games beside the run: a duel, six seeds at once, the Dirac-GAN."""

import json

import pytest

PLANE = {"g_hidden": [8], "d_hidden": [8], "batch_size": 16}


@pytest.fixture
def lines(explored):
    """``lines(name, **body)``: all lines of one game."""

    def play(name, **body):
        answer = explored.client.post(f"/gv/lab/{name}", json=body)
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    return play


def side(preset, **settings):
    return {"preset": preset, "settings": settings}


def test_a_duel_names_its_differences_and_plays_both_sides_in_step(lines):
    first, *frames = lines(
        "duel", left=side("ring8", **PLANE), right=side("ring8-r1", **PLANE), steps=4
    )
    differences = [one["field"] for one in first["differences"]]
    assert differences == ["activation", "penalty", "penalty_weight"]
    last = frames[-1]
    assert last["done"] and last["step"] == 4 and len(last["sides"]) == 2
    for one in last["sides"]:
        assert one["total"] == 8 and one["points"]["points"] and not one["problem"]
    assert {"loss_d", "loss_g"} <= last["sides"][0]["stats"].keys()


def test_a_gan_meets_a_vae_and_pictures_meet_pictures(lines):
    *_, last = lines("duel", left=side("ring8", **PLANE), right=side("ring8-vae", **PLANE), steps=2)
    assert all("points" in one for one in last["sides"])
    digits = {"data": "digits", "image_size": 8, "holdout": 0, "g_hidden": [8], "d_hidden": [8]}
    left = side("mlp-gan", **digits)
    right = side("mlp-gan", **digits, objective="hinge")
    *_, last = lines("duel", left=left, right=right, steps=2)
    assert all(one["picture"].startswith("data:image/png;base64,") for one in last["sides"])


def test_what_cannot_be_played_is_refused_in_a_sentence(lines, explored):
    (refused,) = lines(
        "duel", left=side("ring8", **PLANE), right=side("ring8", **PLANE, seed=1), steps=2
    )
    assert "seed differs" in refused["error"]
    for body in (
        {"training": side("ring8-pac")},
        {"training": side("mlp-gan")},
        {"training": side("ring8"), "steps": 10**9},
    ):
        answer = explored.client.post("/gv/lab/seeds", json=body)
        assert answer.status_code >= 400 and answer.json()["error"].endswith(".")


def test_six_seeds_send_a_plane_each(lines):
    first, *frames = lines("seeds", training=side("ring8", **PLANE), steps=3)
    assert first["real"]["points"]
    assert [one["seed"] for one in frames[-1]["seeds"]] == list(range(6))
    assert len({one["points"]["points"] for one in frames[-1]["seeds"]}) == 6


def test_the_dirac_gan_has_its_field_and_both_paths(explored):
    answer = explored.client.post("/gv/lab/dirac", json={"gamma": 0.5, "steps": 50}).json()
    assert len(answer["field"]) == 15 * 15 and len(answer["path"]) == len(answer["trained"]) == 51
    assert answer["path"][-1] == pytest.approx(answer["trained"][-1], abs=1e-4)
    refused = explored.client.post("/gv/lab/dirac", json={"objective": "hinge"})
    assert refused.status_code == 422 and "closed form" in refused.json()["error"]
