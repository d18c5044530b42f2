"""A recorded run -> one HTML file that needs nothing else: no network, no library, no script to be read."""
