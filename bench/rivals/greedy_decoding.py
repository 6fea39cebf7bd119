"""Greedy continuation of prompts by transformers' `generate`."""
import torch

from driver import load_model, serve


def prepare(settings):
    model = load_model(settings).eval()
    if settings["compiled"]:
        model.forward = torch.compile(model.forward, dynamic=True)
    prompts = torch.tensor(settings["prompts"])
    length = settings["newTokens"]

    def turn():
        with torch.inference_mode():
            answers = model.generate(
                input_ids=prompts,
                attention_mask=torch.ones_like(prompts),
                min_new_tokens=length,
                max_new_tokens=length,
                do_sample=False,
                pad_token_id=0,
            )
        return answers.shape[0] * (answers.shape[1] - prompts.shape[1])

    return turn


serve(prepare)
