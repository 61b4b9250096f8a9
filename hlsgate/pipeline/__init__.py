"""The stages as products with derived keys, and the runner that makes them on all cores.

`product` says what a product is, `stages` has one module for each, `pipeline` joins them for
variants, `hardware` for designs; `making` makes what a run needs before anything is judged.
"""
