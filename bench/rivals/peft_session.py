"""From a model's folder to the end of a first training step with PEFT."""
from driver import serve
from peft_lora import lora_steps


def prepare(settings):
    return lambda: lora_steps(settings)()


serve(prepare)
