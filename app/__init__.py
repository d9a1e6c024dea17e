"""The Streamlit app. Streamlit runs main.py with this folder on its path."""
