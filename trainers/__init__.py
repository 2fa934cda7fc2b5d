"""Dataset, LoRA under DeepSpeed, evaluation, gate, ONNX export."""
