"""Another client's adapter in the same model with PEFT: its file is read and put in the place of the last one's."""
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file

from driver import serve
from peft_lora import lora_model


def prepare(settings):
    model = lora_model(settings).train()
    save_file(get_peft_model_state_dict(model), settings["file"])

    def turn():
        set_peft_model_state_dict(model, load_file(settings["file"]))
        return 0

    return turn


serve(prepare)
