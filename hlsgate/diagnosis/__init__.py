"""Where an emulation leaves Keras, and why; and whether the firmware is what was declared.

`probing` makes a written project give every layer's values, `arithmetic` computes a layer again,
`causes` and `catalogue` say what the difference comes from, `divergence` is the table of it;
`diagnosing` runs them, on what `graphs` reads of hls4ml's graph. `firmware` and `configured` read
written sources back.
"""
