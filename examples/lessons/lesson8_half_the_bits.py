"""Lesson 8. Why does a network learn from products of numbers that have lost half of their bits?

A matrix unit multiplies bfloat16: float32 without its last 16 bits. It needs a fraction of the time, and the network
learns as well, as long as sums and parameters keep all their bits.

    python examples/lessons/lesson8_half_the_bits.py
"""

import numpy as np

import nnlite
from nnlite.scores import metrics

TERMS = 1_000  # of a sum
PRODUCTS, EPOCHS, BATCH, RATE = 3_000, 4, 10, 0.1


def rounded(x):
    """x, float32, as the nearest bfloat16: half of the last bit that stays is added, then 16 bits are cut off.

    Of two that are equally near, the one whose last bit is 0.
    """
    bits = np.asarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


def bits_of(x):
    """Sign, exponent and mantissa of a float32; a bar where bfloat16 ends."""
    bits = f"{np.float32(x).view(np.uint32):032b}"
    return f"{bits[0]} {bits[1:9]} {bits[9:16]}|{bits[16:]}"


def added_up(numbers, round_sum):
    """The sum, one number after the other; it is rounded to float32 or, if asked for, to bfloat16 each time."""
    total = np.float32(0)
    for number in numbers:
        total = rounded(total + number)[()] if round_sum else total + number
    return float(total)


def trained(precision, round_parameters=False):
    """Loss of the last epoch, P@1 on products that were not trained on, and the share of updates that were lost."""
    records = list(nnlite.make_catalogue(PRODUCTS + 2_000))
    vocabulary = nnlite.Vocabulary.build(records[:PRODUCTS], min_count=3)
    train, test = vocabulary.encode(records[:PRODUCTS]), vocabulary.encode(records[PRODUCTS:])
    model = nnlite.MLP(train.n_words, train.n_labels, (100,), "relu")
    model.init_label_bias(train.label_frequencies())
    before, changed, lost = {name: rounded(p) for name, p in model.params.items()}, 0, 0

    def on_step(step):
        nonlocal changed, lost
        if round_parameters:
            for name, parameter in model.params.items():
                moves = parameter != before[name]
                parameter[:] = rounded(parameter)
                changed, lost = changed + moves.sum(), lost + (moves & (parameter == before[name])).sum()
                before[name] = parameter.copy()

    trainer = nnlite.Trainer(model, nnlite.SGD(RATE), batch_rows=BATCH, epochs=EPOCHS, threads=1, precision=precision)
    losses = trainer.fit(train, on_step=on_step).loss
    ids, _ = model.top_k(test.x, 1)
    precision_at_1 = 100 * metrics.precision_at_k(test.y, ids, 1)
    return np.mean(losses[-len(losses) // EPOCHS:]), precision_at_1, lost / max(changed, 1)


def main():
    print("A float32 and the bfloat16 next to it: sign, 8 bits of exponent, 23 of mantissa, of which 7 stay.\n")
    for x in 1.0, np.pi, 1e-30, 1e30:
        print(f"{x:<12.6g} {bits_of(x)}  becomes {float(rounded(x)):.6g}")
    x = np.random.default_rng(0).random(100_000, np.float32) + 1
    print(f"\nThe range stays, the digits go: of numbers from 1 to 2 the largest relative error is "
          f"{float(np.max(np.abs(rounded(x) / x - 1))):.5f},\nat most 2^-8 = {2**-8:.5f}.")

    a, b = np.random.default_rng(1).standard_normal((2, 500, TERMS), np.float32)
    exact = (a.astype(float) * b).sum(axis=1)
    kept = (rounded(a).astype(float) * rounded(b)).sum(axis=1)
    error = np.sqrt(np.mean((kept - exact) ** 2) / np.mean(exact ** 2))
    print(f"\nProducts of rounded operands, added up exactly, {TERMS:,} terms: typical error {error:.4f} of a sum.")
    print("Errors of either sign cancel: the sum is no worse than one of its terms.")

    whole, half = (added_up(np.ones(TERMS, np.float32), round_sum) for round_sum in (False, True))
    print(f"\nA sum of {TERMS:,} ones is {whole:,.0f}; rounded to bfloat16 after each addition it is {half:,.0f}.")
    if half != whole:
        print(f"From {half:,.0f} on, one is less than half of the last bit: nothing is added.")
    print("So the units keep sums in float32.")

    print(f"\n{EPOCHS} epochs of {PRODUCTS:,} made-up products:")
    results = {}
    for name, settings in (("float32", ("float32",)), ("operands rounded", ("bfloat16",)),
                           ("parameters rounded too", ("bfloat16", True))):
        results[name] = trained(*settings)
        print(f"{name:24} last loss {results[name][0]:.5f}   P@1 {results[name][1]:.1f} %")
    plain, operands, parameters = results.values()
    change, worse = (100 * abs(one[0] / plain[0] - 1) for one in (operands, parameters))
    print(f"Rounded operands change the loss by {change:.2f} %: "
          + ("each error is small beside the noise of a batch." if change < 1 else "more than the noise of a batch."))
    print(f"Rounded parameters change it by {worse:.2f} %, and {100 * parameters[2]:.0f} % of all updates were lost: "
          "smaller than\nhalf of the last bit, they leave the parameter as it was. So parameters stay float32.")

    print("\nTry next: TERMS = 200. A sum of so few ones is exact in bfloat16 too: it has 8 bits for whole numbers.")


if __name__ == "__main__":
    main()
