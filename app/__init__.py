"""The Streamlit app over ``stn_core``: ``main`` is what Streamlit runs, and imports all else."""
