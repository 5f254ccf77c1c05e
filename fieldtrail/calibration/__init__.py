"""``fieldtrail calibrate``: reads labelled documents, fits confidences to them, and derives thresholds from targets."""
