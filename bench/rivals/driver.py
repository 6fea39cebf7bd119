"""What every rival shares. A rival is a process that reads one line of settings (JSON) on its standard input, says that it is
ready, and then takes one turn for every further line; its answer is a line of JSON with what the turn took."""
import json
import os
import sys
import time

import torch
from transformers import AutoModelForCausalLM

IGNORED = -100
"""The label of a token that is no target."""


def serve(prepare):
    """Runs a rival: `prepare(settings)` returns the turn, a function that returns how many tokens it worked on."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not come between the answers
    settings = json.loads(sys.stdin.readline())
    torch.set_num_threads(settings["threads"])
    torch.set_default_device(settings["device"])
    torch.manual_seed(0)
    turn = prepare(settings)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        tokens = turn()
        seconds = time.perf_counter() - started
        answer = {"seconds": seconds, "tokens": tokens, "peakBytes": peak_bytes()}
        print(json.dumps(answer), file=answers, flush=True)


def peak_bytes():
    """The most memory that this process ever held (VmHWM), or 0 where the system does not say."""
    if not os.path.exists("/proc/self/status"):
        return 0
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def load_model(settings):
    """The frozen base model, in the type that its weights are to have."""
    model = AutoModelForCausalLM.from_pretrained(
        settings["model"], dtype=getattr(torch, settings["weights"]), attn_implementation="sdpa"
    )
    return model.requires_grad_(False)


def attach(model, make):
    """Puts `make(layer)` in the place of every query and value projection; returns what was made."""
    made = []
    for decoder_layer in model.model.layers:
        for name in ("q_proj", "v_proj"):
            made.append(make(getattr(decoder_layer.self_attn, name)))
            setattr(decoder_layer.self_attn, name, made[-1])
    return made


def training_turn(model, settings, balance=lambda: 0.0):
    """One optimiser step on every example: forward, backward and Adam, in batches of one."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=5e-5, fused=True)
    forward = torch.compile(model, dynamic=settings["dynamic"]) if settings["compiled"] else model
    model.train()
    batches = [batch(example) for example in settings["examples"]]

    def turn():
        for ids, labels in batches:
            loss = forward(input_ids=ids, labels=labels, use_cache=False).loss + balance()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            loss.item()
        return sum(ids.numel() for ids, _ in batches)

    return turn


def batch(example):
    """Token ids [1, tokens], and labels that leave the prompt out."""
    ids = torch.tensor([example["ids"]])
    labels = ids.clone()
    labels[:, : example["promptLength"]] = IGNORED
    return ids, labels
