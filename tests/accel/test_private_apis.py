"""Each private API does what the plain way does: after an upgrade of torch or glibc, the failing
test names the one that broke. And they are used in one file only."""

import ast
import sys
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganviz.accel import private_apis as private
from tests.syntax import PACKAGE, nodes_of

HOME = PACKAGE / "accel" / "private_apis.py"


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def tensors():
    return [random(3, 2), random(5), random(1, 4, 2)]


@pytest.fixture
def others():
    return [random(3, 2, seed=1), random(5, seed=1), random(1, 4, 2, seed=1)]


def close(got, wanted):
    for mine, theirs in zip(got, wanted, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_backward_from(tensors, others):
    first, second, _ = leaves = [one.requires_grad_() for one in tensors]
    outputs = [one.sin() * first.sum() for one in leaves]
    wanted = torch.autograd.grad(outputs, (first, second), others, retain_graph=True)
    for times in (1, 2):  # gradients add up, at the inputs alone
        private.backward_from([one.sin() * first.sum() for one in leaves], others, [first, second])
        close((first.grad, second.grad), [times * one for one in wanted])
    assert leaves[2].grad is None


def test_copy_each(tensors, others):
    private.copy_each_(tensors, others)
    close(tensors, others)


def test_norm_each(tensors):
    close(private.norm_each(tensors), [t.norm() for t in tensors])


def test_subtract_each(tensors, others):
    wanted = [a - b for a, b in zip(tensors, others, strict=True)]
    close(private.subtract_each(tensors, others), wanted)
    private.subtract_each_(tensors, others)
    close(tensors, wanted)


def test_lerp_each(tensors, others):
    wanted = [torch.lerp(a, b, 0.3) for a, b in zip(tensors, others, strict=True)]
    private.lerp_each_(tensors, others, 0.3)
    close(tensors, wanted)


def test_clamp_each(tensors):
    wanted = [t.clamp(-0.2, 0.2) for t in tensors]
    private.clamp_each_(tensors, 0.2)
    close(tensors, wanted)


def test_fused_adam_is_adam(tensors, others):
    weights = [nn.Parameter(t.clone()) for t in tensors]
    plain = torch.optim.Adam(weights, 0.01, (0.5, 0.9), foreach=False, fused=False)
    ours = [t.clone() for t in tensors]
    means, squares = ([torch.zeros_like(t) for t in ours] for _ in range(2))
    steps = [torch.zeros(()) for _ in ours]
    for _ in range(3):
        for weight, gradient in zip(weights, others, strict=True):
            weight.grad = gradient.clone()
        plain.step()
        for step in steps:
            step += 1
        private.fused_adam_(ours, others, means, squares, steps, 0.01, 0.5, 0.9, 1e-8)
    close(ours, [weight.detach() for weight in weights])


def test_adam_with_a_held_beta2_is_adam(tensors, others):
    weights = [nn.Parameter(t.clone()) for t in tensors]
    plain = torch.optim.Adam(weights, 0.01, (0.5, 0.9), foreach=False, fused=False)
    ours, beta2 = [t.clone() for t in tensors], torch.zeros((), dtype=torch.float64)
    means, squares = ([torch.zeros_like(t) for t in ours] for _ in range(2))
    for step in range(1, 6):
        plain.param_groups[0]["betas"] = (0.5, 1 - 0.1 / step)
        for weight, gradient in zip(weights, others, strict=True):
            weight.grad = gradient / step
        plain.step()
        moved = (ours, [weight.grad for weight in weights], means, squares)
        lr = 0.01 if step % 2 else torch.tensor(0.01)
        count = torch.tensor(float(step))
        private.adam_with_held_beta2_(*moved, count, lr, 0.5, beta2.fill_(1 - 0.1 / step), 1e-8)
    close(ours, [weight.detach() for weight in weights])
    close(squares, [plain.state[weight]["exp_avg_sq"] for weight in weights])


def test_adam_step_is_adams(tensors, others):
    private.spare_dynamo()
    ours, theirs = ([nn.Parameter(t.clone()) for t in tensors] for _ in range(2))
    mine, plain = (torch.optim.Adam(weights, 0.01, fused=True) for weights in (ours, theirs))
    seen = []
    mine.register_step_post_hook(lambda *_: seen.append(1))
    for _ in range(3):
        for weight, gradient in zip([*ours, *theirs], [*others, *others], strict=True):
            weight.grad = gradient.clone()
        private.adam_step(mine)
        plain.step()
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True)) and not seen
    mine.load_state_dict(plain.state_dict())
    mine.zero_grad()
    assert all(weight.grad is None for weight in ours)
    mine.add_param_group({"params": [nn.Parameter(random(2))]})
    assert len(mine.param_groups) == 2


def test_what_the_compiler_leaves_out_runs_without_it(monkeypatch):
    private.spare_dynamo()
    left_out = torch._disable_dynamo(lambda x: x + 1)
    monkeypatch.delitem(sys.modules, "torch._dynamo", raising=False)
    assert left_out(2) == 3 and "torch._dynamo" not in sys.modules


def test_once_the_compiler_is_loaded_it_is_asked_as_ever(monkeypatch):
    private.spare_dynamo()
    compiler = SimpleNamespace(disable=lambda function, *_, **__: lambda x: -function(x))
    monkeypatch.setitem(sys.modules, "torch._dynamo", compiler)
    monkeypatch.setattr(torch, "_dynamo", compiler, raising=False)
    assert torch._disable_dynamo(lambda x: x + 1)(2) == -3


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.SGD, torch.optim.RMSprop])
def test_without_dynamo_is_the_same_optimiser(kind, tensors, others):
    ours, theirs = ([nn.Parameter(t.clone()) for t in tensors] for _ in range(2))
    mine, plain = private.without_dynamo(kind)(ours, 0.01, foreach=True), kind(theirs, 0.01)
    seen = []
    mine.register_step_post_hook(lambda *_: seen.append(1))
    for _ in range(3):
        for weight, gradient in zip([*ours, *theirs], [*others, *others], strict=True):
            weight.grad = gradient.clone()
        mine.step()
        plain.step()
    close([w.detach() for w in ours], [w.detach() for w in theirs])
    assert isinstance(mine, kind) and seen == [1, 1, 1]


def test_operations_are_called_without_the_python_around_them(tensors):
    seen = []

    class Watch(private.DispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            assert not private.is_of_profiler(function)
            seen.append((private.is_view_operation(function), str(function)))
            return private.operation(function)(*args, **(kwargs or {}))

    with Watch():
        product = tensors[0].flatten()[:2] * 2.0
        product.add_(1.0)
    assert torch.equal(product, tensors[0].flatten()[:2] * 2.0 + 1.0)
    views = [name for is_view, name in seen if is_view]
    assert "aten.slice.Tensor" in views
    assert {name for is_view, name in seen if not is_view} == {
        "aten.mul.Tensor",
        "aten.add_.Tensor",
    }


def test_step_hooks_are_found_by_number():
    optimizer = torch.optim.SGD([nn.Parameter(random(2))], 0.1)
    before = optimizer.register_step_pre_hook(lambda *_: None)
    after = optimizer.register_step_post_hook(lambda *_: None)
    assert list(private.step_pre_hooks(optimizer)) == [before.id]
    assert list(private.step_post_hooks(optimizer)) == [after.id]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("transposed", [True, False])
def test_onednn_linear(bias, transposed):
    if not private.has_onednn_linear():
        pytest.skip("this torch has no oneDNN")
    x, weight = random(6, 4), random(3, 4)
    if transposed:
        x, weight = random(4, 6).t(), random(4, 3).t()
    b = random(3) if bias else None
    close([private.onednn_linear(x, weight, b)], [F.linear(x, weight, b)])


@pytest.mark.parametrize("transposed", [False, True])
def test_convolution_gradients(transposed):
    x = random(2, 4, 9, 7).requires_grad_()
    if transposed:
        weight, more = random(4, 3, 3, 2).requires_grad_(), (True, (1, 0), 2)
        y = F.conv_transpose2d(x, weight, None, (2, 1), (1, 0), (1, 0), 2)
    else:
        weight, more = random(6, 2, 3, 2).requires_grad_(), (False, (0, 0), 2)
        y = F.conv2d(x, weight, None, (2, 1), (1, 0), 1, 2)
    output_grad = random(*y.shape, seed=2)
    wanted = torch.autograd.grad(y, (x, weight), output_grad)
    options = ((2, 1), (1, 0), (1, 1), *more)
    got = private.convolution_gradients(
        output_grad, x.detach(), weight.detach(), options, True, True
    )
    close(got, wanted)


def test_leaky_relu_input_grad():
    x = random(40).requires_grad_()
    (wanted,) = torch.autograd.grad(F.leaky_relu(x, 0.2), x, random(40, seed=2))
    close([private.leaky_relu_input_grad(random(40, seed=2), x.detach(), 0.2)], [wanted])


def test_avg_pool2d_input_grad():
    x, options = random(2, 3, 7, 6).requires_grad_(), ((3, 2), (2, 1), (1, 0), True, False, None)
    y = F.avg_pool2d(x, *options)
    (wanted,) = torch.autograd.grad(y, x, torch.ones_like(y))
    close([private.avg_pool2d_input_grad(torch.ones_like(y), x.detach(), *options)], [wanted])


def test_a_transform_is_noticed():
    seen = []
    torch.func.vmap(lambda x: (seen.append(private.in_function_transform()), x)[1])(random(2, 3))
    assert seen == [True] and not private.in_function_transform()


def test_every_batch_norm_has_the_same_base():
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
    assert all(issubclass(kind, private.BatchNormBase) for kind in kinds)
    assert not issubclass(nn.LayerNorm, private.BatchNormBase)
    assert issubclass(nn.InstanceNorm2d, private.NormBase)
    assert issubclass(nn.BatchNorm2d, private.NormBase)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_glibc_takes_its_options():
    libc = private.glibc()
    if libc is None:
        pytest.skip("another C library")
    assert private.set_malloc_option(libc, private.M_TOP_PAD, 64 << 20)
    assert private.grow_heap_in_huge_pages(libc, 8 << 20)


def parts_of(node):
    """The names of a dotted one; of an attribute of anything else, that after an empty one."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [getattr(node, "id", ""), *reversed(parts)]


def private_names(nodes):
    """Dotted names of torch with a private part, the operations of torch.ops, and ctypes."""
    for node in nodes:
        if isinstance(node, ast.Attribute):
            parts = parts_of(node)
            hidden = any(part.startswith("_") and not part.endswith("__") for part in parts[1:])
            if parts[0] in ("torch", "nn", "dist", "F") and (hidden or "ops" in parts[:2]):
                yield ".".join(parts)
            if node.attr.startswith(("_optimizer_step", "_backward_hooks", "_forward_hooks")):
                yield ".".join(parts)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            module = getattr(node, "module", None)
            for name in [module] if module else names:
                first, *parts = name.split(".")
                private_module = any(part.startswith("_") for part in parts)
                if "ctypes" in (first, *names) or (first == "torch" and private_module):
                    yield ast.unparse(node)


def test_grid_sample_input_gradient():
    x, output_grad = random(2, 3, 5, 5).requires_grad_(), random(2, 3, 5, 5, seed=1)
    # some of it beyond the border
    grid = 1.5 * random(2, 5, 5, 2, seed=2)
    out = F.grid_sample(x, grid, "bilinear", "reflection", align_corners=True)
    (wanted,) = torch.autograd.grad(out, x, output_grad)
    torch.testing.assert_close(private.grid_sample_input_gradient(output_grad, grid), wanted)


def test_private_apis_are_used_in_one_file_only():
    found = {
        str(file.relative_to(PACKAGE)): sorted(names)
        for file, nodes in nodes_of(PACKAGE).items()
        if file != HOME and (names := set(private_names(nodes)))
    }
    assert not found
    assert len(set(private_names(nodes_of(PACKAGE)[HOME]))) > 10
