"""The chat page: everything in it that is Streamlit, its own component and its label catalogue."""
