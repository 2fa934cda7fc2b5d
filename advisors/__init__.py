"""The advisor as files and numbers: bundle, model store, ONNX encoder, fast head."""
