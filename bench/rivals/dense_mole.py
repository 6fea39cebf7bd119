"""Training steps of FedAMoLE in dense form: every token passes every expert in a few large products, and gates are zero where
it is not routed. One dropout mask a module, as FedAMoLE Platform has it."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from driver import attach, load_model, serve, training_turn


class DenseMoleLinear(nn.Module):
    """A frozen linear layer with a shared expert and domain experts whose matrices are stacked."""

    def __init__(self, base, settings):
        super().__init__()
        self.base, self.rank, self.top_k = base, settings["rank"], settings["topK"]
        self.scaling, self.rate = settings["alpha"] / settings["rank"], settings["dropout"]
        self.dtype = getattr(torch, settings["adapters"])
        inputs, outputs, count = base.in_features, base.out_features, settings["experts"]
        self.shared_a, self.token_projection = self.drawn(self.rank, inputs), self.drawn(self.rank, inputs)
        self.experts_a = self.drawn(count, self.rank, inputs)
        self.shared_b = nn.Parameter(torch.zeros(outputs, self.rank, dtype=self.dtype))
        self.experts_b = nn.Parameter(torch.zeros(count, outputs, self.rank, dtype=self.dtype))
        self.balance = None

    def drawn(self, *shape):
        bound = shape[-1] ** -0.5
        return nn.Parameter(torch.empty(shape, dtype=self.dtype).uniform_(-bound, bound))

    def forward(self, x):
        base = self.base(x)
        rows = x.to(self.dtype)
        gates = self.gates(rows)
        dropped = F.dropout(rows, self.rate, self.training)
        shared = dropped @ self.shared_a.T @ self.shared_b.T
        hidden = torch.einsum("...d,erd->...er", dropped, self.experts_a)
        mixed = torch.einsum("...er,eor,...e->...o", hidden, self.experts_b, gates)
        return (base + self.scaling * (shared + mixed)).to(x.dtype)

    def gates(self, rows):
        """Each token's weight of every expert, zero outside of its largest ones [..., experts]."""
        keys = torch.einsum("...d,erd->...er", rows, self.experts_a)
        query = rows @ self.token_projection.T
        probabilities = torch.softmax((keys * query.unsqueeze(-2)).sum(-1) / math.sqrt(self.rank), dim=-1)
        chosen = torch.zeros_like(probabilities).scatter(-1, probabilities.topk(self.top_k, dim=-1).indices, 1.0)
        shares = chosen.flatten(0, -2).sum(0) / chosen.sum()
        self.balance = len(shares) * (probabilities.flatten(0, -2).mean(0) * shares.detach()).sum()
        gates = probabilities * chosen
        return gates / gates.sum(-1, keepdim=True)


def prepare(settings):
    model = load_model(settings)
    moles = attach(model, lambda base: DenseMoleLinear(base, settings))
    return training_turn(model, settings, lambda: settings["balanceWeight"] * sum(mole.balance for mole in moles))


serve(prepare)
