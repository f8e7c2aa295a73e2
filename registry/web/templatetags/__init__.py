"""Tags that draw: the hallmark, bars, the radar."""
