"""What pages show: networks, examples, recordings, pictures. No other room uses ``st.cache_*``.

It imports from ``stage``, ``sketch`` and below; ``training``, ``frame`` and what stands above them
import it.
"""
