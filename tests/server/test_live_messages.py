"""What the messages of the live socket hold: the hello, the deltas, and what is measured."""

from starlette.applications import Starlette
from websockets.sync.client import connect

from ganviz.classroom import Classroom
from ganviz.engine import run as run_module
from ganviz.runs.manager import RunManager
from ganviz.server import Gate, encode, live_protocol, routes

from .live_viewers import append_rows, cursor_of, receive, receive_any, receive_until, steps


def test_hello_has_all_that_a_page_needs(manager, live, tools):
    run = manager.current
    append_rows(run, 1, 20)
    run.events.append("note", 20, sentence="Reading pictures (10%)", level="progress")
    run.frames.add(tools.frame(20))
    tools.publish(run)
    with live[1]() as viewer:
        hello = receive(viewer)
    assert hello["type"] == "hello"
    assert hello["run"]["id"] == "one"
    assert hello["run"]["config"]["data"] == "digits"
    assert hello["run"]["spec"] == {
        "name": "digits",
        "kind": "images",
        "shape": [1, 8, 8],
        "classes": list("0123456789"),
    }
    assert hello["run"]["conditional"] is True
    assert hello["run"]["latent_dim"] == 12
    assert [series["name"] for series in hello["run"]["series"]] == ["loss_d", "loss_g"]
    assert hello["history"]["cursor"] == 23
    assert hello["history"]["columns"]["step"] == list(range(1, 21))
    assert hello["history"]["columns"]["loss_d"][6] == 1.0
    assert [event["data"]["sentence"] for event in hello["events"]] == ["note 10", "note 20"]
    assert hello["frame"] == {
        "step": 20,
        "url": "/gv/runs/one/frames/20.png",
        "rows": 8,
        "cols": 10,
        "width": 80,
        "height": 72,
        "kept": True,
    }
    assert hello["frames"] == [20]
    assert hello["status"]["state"] == "paused"
    assert hello["server"]["device"] == "cpu"
    assert hello["snapshot"] == 1


def test_hello_before_the_first_run(manager, live):
    manager.current = None
    with live[1]() as viewer:
        hello = receive(viewer)
        assert hello["run"] is None
        assert hello["status"]["state"] == "idle"
        assert hello["history"] == {"cursor": 0, "columns": {}}


def test_only_the_newest_frame_and_snapshot_are_told(manager, live, tools):
    run = manager.current
    with live[1]() as viewer:
        receive(viewer)
        with run.events._lock:  # so that both frames fall into one message
            for step in (5, 6):
                run.events.append(
                    "frame", step, rows=8, cols=10, width=80, height=72, format="png", kept=False
                )
        messages = receive_until(viewer, 2)
        assert messages[-1]["frame"]["url"] == "/gv/runs/one/frames/6.png"
        assert all(message["events"] == [] for message in messages)
        tools.publish(run, step=7)
        assert receive(viewer)["snapshot"] == 1


def test_a_fresh_hello_for_the_asking_and_nonsense_is_passed_over(manager, live):
    append_rows(manager.current, 1, 5)
    with live[1]() as viewer:
        receive(viewer)
        for nonsense in ("", "not json", "[]", '"history"', '{"type": 7}', "9" * 4000):
            viewer.send(nonsense)
        viewer.send('{"type": "history"}')
        hello = receive(viewer)
    assert (hello["type"], steps([hello])) == ("hello", [1, 2, 3, 4, 5])


def test_a_running_clock_moves_without_events(manager, live):
    manager.current.state = "running"
    with live[1]() as viewer:
        receive(viewer)
        delta = receive(viewer)
    assert (delta["type"], delta["columns"], delta["status"]["state"]) == ("delta", {}, "running")


def test_a_long_gap_is_answered_by_a_thinned_history(manager, live):
    run = manager.current
    with live[1]() as viewer:
        epoch = receive(viewer)["epoch"]
    for step in range(2 * encode.MAX_POINTS):
        run.events.append("scalars", step, loss_d=0.5, loss_g=1.0)
    with live[1](f"?cursor=0&epoch={epoch}") as viewer:
        hello = receive(viewer)
    assert hello["type"] == "hello"
    assert len(steps([hello])) <= encode.MAX_POINTS


def test_heavy_measurements_come_newest_only_and_the_coach_whole(manager, live):
    run = manager.current
    layers = {
        "layers": ["1 linear"],
        "kinds": ["linear"],
        "gradient": [0.1],
        "weight": [1.0],
        "update": [0.001],
    }
    for step in (1, 2, 3):
        run.events.append("gradients", step, at=step, networks={"generator": layers})
        run.events.append("fidelity", step, at=step, fid=10.0 / step, classes=["0"])
        run.events.append("coach", step, name="fine", sentence=f"verdict {step}")
    with live[1]() as viewer:
        hello = receive(viewer)
        assert {kind: event["step"] for kind, event in hello["probes"].items()} == {
            "gradients": 3,
            "fidelity": 3,
            "coach": 3,
        }
        assert hello["measured"]["gradients"]["generator"]["steps"] == [1, 2, 3]
        assert hello["measured"]["fidelity"]["step"] == [1, 2, 3]
        assert hello["measured"]["fidelity"]["kid"] == [None, None, None]
        for step in (4, 5, 6):
            run.events.append("scatter", step, fake={"x": [float(step)], "y": [0.0]})
            run.events.append("coach", step, name="fine", sentence=f"verdict {step}")
        deltas = receive_until(viewer, run.events.seq)
    sent = [event["step"] for message in deltas for event in message["events"]]
    assert sent == [4, 5, 6]
    assert sum("scatter" in message["probes"] for message in deltas) == len(deltas)
    assert deltas[-1]["probes"]["scatter"]["data"]["fake"]["x"] == [6.0]


def test_measurements_of_a_strange_log_do_not_keep_the_page_from_opening(manager, live):
    manager.current.events.append("gradients", 1, networks=["nonsense"])
    with live[1]() as viewer:
        assert receive(viewer)["measured"]["gradients"] == {}


def test_a_delta_names_every_frame_that_was_kept(manager, tools):
    run = manager.current
    before = run.events.seq
    about = {"rows": 1, "cols": 1, "width": 8, "height": 8, "format": "png"}
    for step, kept in ((3, True), (4, False), (5, True), (6, False)):
        run.log_at(step, "frame", **about, kept=kept)
    message = live_protocol.delta(run, before)
    assert message["frames"] == [3, 5] and message["frame"]["step"] == 6


def test_a_run_that_has_been_prepared_is_described_again(manager, live):
    run = manager.current
    spec, run.spec = run.spec, None
    with live[1]() as viewer:
        assert receive(viewer)["run"]["spec"] is None
        run.spec = spec
        again = receive(viewer)
    assert (again["type"], again["run"]["spec"]["name"]) == ("hello", "digits")


def ended(message):
    return message["status"]["state"] == "finished"


def test_following_a_real_training(serve, tools, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "load_data", lambda *_: tools.noise())
    manager = RunManager(tmp_path / "runs", tmp_path)
    port = serve(Gate(Starlette(routes=routes(manager))))
    with connect(f"ws://127.0.0.1:{port}/gv/live", max_size=None) as viewer:
        assert receive(viewer)["run"] is None
        run = manager.start(tools.config({**tools.tiny, "steps": 60}))
        messages = [receive(viewer)]
        while (
            messages[-1]["status"]["state"] != "finished"
            or cursor_of(messages[-1]) < run.events.seq
        ):
            messages.append(receive(viewer))
        assert run.join(20)
    last_hello = max(index for index, message in enumerate(messages) if message["type"] == "hello")
    assert messages[last_hello]["run"]["spec"]["name"] == "digits"
    assert messages[last_hello]["run"]["reals"]["url"] == f"/gv/runs/{run.id}/reals.png"
    assert steps(messages[last_hello:]) == run.events.rows()["step"].astype(int).tolist()
    assert messages[-1]["status"]["step"] == 60
    assert messages[-1]["snapshot"] == run.snapshots.version


def test_the_state_of_the_class_comes_piece_by_piece_and_only_what_changed(manager, serve):
    classroom, counts = Classroom(), {"tally": 1, "guests": 1}
    for name in counts:
        classroom.add(name, lambda visitor, name=name: {"n": counts[name], "by": visitor.handle})
    port = serve(Gate(Starlette(routes=routes(manager, classroom))))
    with connect(f"ws://127.0.0.1:{port}/gv/live", compression=None) as viewer:
        states = of_the_class(viewer)
        first = next(states)
        assert {name: first[name] for name in counts} == {
            name: {"n": 1, "by": "Presenter"} for name in counts
        }
        for counts["tally"] in range(2, 50):
            classroom.changed()
        state = {}
        while state.get("tally", {}).get("n") != 49:
            state = next(states)
            assert list(state) == ["tally"]


def of_the_class(viewer):
    """The states of the class that come, as they come."""
    while True:
        message = receive_any(viewer)
        if message["type"] == "class":
            yield message["state"]
