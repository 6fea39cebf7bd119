"""Training steps of plain LoRA with PEFT."""
from peft import LoraConfig, get_peft_model

from driver import load_model, serve, training_turn


def lora_model(settings):
    configuration = LoraConfig(
        r=settings["rank"],
        lora_alpha=settings["alpha"],
        lora_dropout=settings["dropout"],
        target_modules=["q_proj", "v_proj"],
        task_type="CAUSAL_LM",
    )
    in_float32 = settings["adapters"] == "float32"
    return get_peft_model(load_model(settings), configuration, autocast_adapter_dtype=in_float32)


def lora_steps(settings):
    return training_turn(lora_model(settings), settings)


if __name__ == "__main__":
    serve(lora_steps)
