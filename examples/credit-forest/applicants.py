"""Made-up applicants for a credit: seven features drawn with a fixed seed, and a label by a rule with noise."""

import numpy as np

FEATURES = ["age", "income", "debt ratio", "years employed", "missed payments", "open loans", "owns home"]
APPLICANTS = 5000


def applicants(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    age = random.integers(18, 80, count)
    income = np.round(random.lognormal(10.4, 0.5, count), -2)  # in hundreds
    debt = np.round(random.beta(2, 4, count), 2)
    employed = np.round(np.minimum(random.exponential(6, count), age - 17) * 2) / 2  # in half years
    missed = random.poisson(0.6, count)
    loans = random.poisson(1.5, count)
    home = random.random(count) < 0.4
    x = np.column_stack([age, income, debt, employed, missed, loans, home]).astype(np.float32)
    score = 0.02 * (age - 40) + (income - 35000) / 20000 - 4 * (debt - 0.3) + 0.1 * employed - 0.9 * missed - 0.2 * loans + home
    return x, score + random.logistic(0, 0.5, count) > 0
