"""Training steps of FedAMoLE the way that the paper's public code does them: tokens are gathered by expert, and a loop gives
every expert its own, with a dropout mask each."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from driver import attach, load_model, serve, training_turn


class Expert(nn.Module):
    """A LoRA expert: B A drop(x), scaled by alpha / rank."""

    def __init__(self, inputs, outputs, settings, dtype):
        super().__init__()
        rank = settings["rank"]
        self.a = nn.Linear(inputs, rank, bias=False, dtype=dtype)
        self.b = nn.Linear(rank, outputs, bias=False, dtype=dtype)
        self.dropout = nn.Dropout(settings["dropout"])
        self.scaling = settings["alpha"] / rank
        nn.init.kaiming_uniform_(self.a.weight, a=math.sqrt(5))
        nn.init.zeros_(self.b.weight)

    def forward(self, x):
        return self.b(self.a(self.dropout(x))) * self.scaling


class MoleLinear(nn.Module):
    """A frozen linear layer with a shared expert and domain experts, of which every token is routed to some."""

    def __init__(self, base, settings):
        super().__init__()
        self.base, self.rank, self.top_k = base, settings["rank"], settings["topK"]
        self.dtype = getattr(torch, settings["adapters"])
        shape = base.in_features, base.out_features
        self.shared = Expert(*shape, settings, self.dtype)
        self.experts = nn.ModuleList(Expert(*shape, settings, self.dtype) for _ in range(settings["experts"]))
        self.token_projection = nn.Linear(base.in_features, self.rank, bias=False, dtype=self.dtype)
        self.balance = None

    def forward(self, x):
        base = self.base(x)
        rows = x.reshape(-1, x.shape[-1]).to(self.dtype)
        probabilities = self.route(rows)
        gates, picks = probabilities.topk(self.top_k, dim=-1)
        gates = gates / gates.sum(-1, keepdim=True)
        counts = F.one_hot(picks.flatten(), len(self.experts)).sum(0)
        shares = (counts / counts.sum()).to(self.dtype)
        self.balance = len(self.experts) * torch.dot(probabilities.mean(0), shares)

        order = picks.flatten().argsort()
        gathered = rows.repeat_interleave(self.top_k, 0)[order].split(counts.tolist())
        weights = gates.reshape(-1, 1)[order].split(counts.tolist())
        outputs = [expert(some) * weight for expert, some, weight in zip(self.experts, gathered, weights)]
        mixed = torch.cat(outputs)[order.argsort()].view(len(rows), self.top_k, -1).sum(1)
        return (base + (self.shared(rows) + mixed).view(base.shape)).to(x.dtype)

    def route(self, rows):
        """The probability of every domain expert for every token [tokens, experts]."""
        keys = F.linear(rows, torch.cat([expert.a.weight for expert in self.experts]))
        keys = keys.view(len(rows), len(self.experts), self.rank)
        query = self.token_projection(rows).unsqueeze(-1)
        return F.softmax(torch.bmm(keys, query).squeeze(-1) / math.sqrt(self.rank), dim=-1)


def prepare(settings):
    model = load_model(settings)
    moles = attach(model, lambda base: MoleLinear(base, settings))
    return training_turn(model, settings, lambda: settings["balanceWeight"] * sum(mole.balance for mole in moles))


serve(prepare)
