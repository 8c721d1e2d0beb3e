"""The dense workloads: what others publish times for (MNIST-like perceptrons), a ladder of sizes, and one wide layer. A name is the
widths of its layers, or of its size in parameters."""

MODELS = {
    "196-25-10": (196, 25, 10),
    "784-56-10": (784, 56, 10),
    "784-128-10": (784, 128, 10),
    "ladder-10.5K": (64, 96, 40, 10),
    "ladder-45.8K": (784, 56, 27, 10),
    "ladder-198K": (784, 210, 150, 10),
    "ladder-1.04M": (784, 800, 512, 10),
    "ladder-2.01M": (784, 1200, 880, 10),
    "784-2519-10": (784, 2519, 10),
}
CALIBRATION_SAMPLES = 100
PROOFS = 9
