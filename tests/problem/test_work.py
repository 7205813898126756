"""The work of a forward pass, counted."""

import torch
from torch import nn

import lossviz as lv
from lossviz import engine
from lossviz.problem import build
from lossviz.problem.work import work_of


def test_work_counts_calls_and_what_they_give():
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    data = torch.ones(10, 3), torch.ones(10, 1)
    work = work_of(lv.Problem.from_module(net, nn.functional.mse_loss, data))
    assert work.calls == 4
    assert work.entries == 5 + 5 + 1 + 1 / 2


def test_more_samples_are_no_more_work_for_each():
    few, many = (
        build(lv.Experiment(model="cnn", dataset="digits", dataset_params={"samples": samples}))
        for samples in (100, 300)
    )
    assert work_of(few) == work_of(many)


def test_a_network_that_is_no_plain_stack_is_known_to_take_its_time():
    common = {"model": "cnn", "dataset": "digits"}
    one = engine.estimate([lv.Experiment(steps=100, **common)])
    assert one > engine.estimate([lv.Experiment(steps=100, dataset="digits")]) * 3
    pair = [lv.Experiment(steps=100, optimizer=name, **common) for name in ("sgd", "adam")]
    assert engine.estimate(pair) > 1.9 * one
    deep = lv.Experiment(steps=100, model_params={"depth": 16}, **common)
    assert engine.estimate([deep]) > 2 * one
    small = lv.Experiment(steps=100, batch_size=16, **common)
    assert engine.estimate([small]) < one / 2
