"""What is looked at in files from strangers before anything else reads them.

Everything here allows what is known to be data, and refuses the rest by name. `archive` and `hdf5`
know the containers, `known` and `config` what a network may consist of, `arrays` and `parquet`
rows. HDF5 and parquet are read by C libraries, so in a process of its own with limits (`limited`),
which writes what it found anew: what was inspected is what is read.
"""
