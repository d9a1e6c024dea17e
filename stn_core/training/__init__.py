"""The run loop and the networks that it trains; imported by box_search, sweep, bench, commands."""
