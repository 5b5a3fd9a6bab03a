"""What several tests build upon: builders, drops, a fake camera, the simulator."""
