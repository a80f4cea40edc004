"""Many images: jobs, and the workers that do them, in processes here or on a Dask cluster."""
