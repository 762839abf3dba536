"""Claim: a step is cut into the blocks, tiles and rounds that the constants of `sizes` say, by hand."""

import numpy as np
import pytest
from problems import F32

from nnlite.network import label_layer
from nnlite.system import sizes
from nnlite.system.slices import width


def widths(parts):
    """The sizes of the slices, which must follow each other from 0 on."""
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])][:len(parts)]
    return [width(part) for part in parts]


@pytest.mark.parametrize("n_rows, flops, first", [
    (1_000, 1e9, 128), (10_000, 1e9, 625), (10_001, 1e9, 626), (100_000, 1e9, 2_048),  # a 16th, from 128 to 2,048
    (1_000, 1e5, 200), (1_000, 3e4, 667), (3_000, 1e3, 2_048)])  # 2e7 operations
def test_blocks_of_rows(n_rows, flops, first):
    got = widths(sizes.row_blocks(n_rows, flops))
    assert got == [first] * (n_rows // first) + [n_rows % first] * (n_rows % first > 0)


def test_no_rows_are_no_blocks():
    assert sizes.row_blocks(0, 1e9) == []


@pytest.mark.parametrize("arguments, n_tiles", [
    ((512,), 1), ((513,), 2), ((1_000, 100), 10), ((1_000, 100, 1, 2_000), 10),  # a given width is the widest
    ((1_000, None, 1, 1_000), 1), ((1_000, None, 1, 999), 2), ((1_000, None, 1, 100), 2),
    ((1_000, None, 4), 4), ((200, None, 4), 2), ((192, None, 4), 2), ((191, None, 4), 1), ((10, None, 4), 1)])
def test_tiles_of_labels(arguments, n_tiles):
    got = widths(sizes.label_tiles(*arguments))
    assert len(got) == n_tiles and sum(got) == arguments[0] and max(got) - min(got) <= 1


@pytest.mark.parametrize("n_rows, n_labels, n_units, blocks, tiles, rounds", [
    (64, 3_000, 200, 1, 6, 1),
    (1, 100_000, 200, 1, 49, 1),  # tiles of up to 2,048 labels
    (2_048, 1_000, 200, 1, 4, 1), (2_049, 1_000, 200, 2, 2, 1),  # at least 4 items
    (2_048, 100_000, 200, 1, 196, 13),  # 16 at a time, although 10 fill the memory
    (2_048, 100_000, 100, 1, 196, 10),  # 20 fill it
    (5_000, 100_000, 200, 3, 196, 33),  # 6 at a time: 18 items
    (20_000, 100_000, 512, 10, 196, 98)])
def test_pieces_of_a_step(n_rows, n_labels, n_units, blocks, tiles, rounds):
    got = sizes.step_pieces(n_rows, n_labels, n_units)
    assert [len(widths(parts)) for parts in got] == [blocks, tiles, rounds]
    assert [sum(widths(parts)) for parts in got] == [n_rows, n_labels, tiles]


@pytest.mark.parametrize("n_rows, n_labels, n_units, n_blocks", [
    (512, 254, 200, 2), (512, 2, 200, 1), (2_048, 254, 200, 8), (20_000, 1_500, 200, 16), (20_000, 5_000, 200, 16),
    (40_000, 1_500, 200, 32),  # of 2,048 rows at most
    (512, 1_500, 200, 0), (20_000, 5_001, 200, 0),  # dW of all blocks: 4 rows for each of the batch
    (200_000, 700, 200, 0), (200_000, 600, 200, 128),  # 64 MiB
    (1, 4, 200, 1), (1, 5, 200, 0)])
def test_blocks_that_meet_all_labels(n_rows, n_labels, n_units, n_blocks):
    blocks, tiles, rounds = sizes.step_pieces(n_rows, n_labels, n_units)
    assert widths(sizes.whole_blocks(n_rows, n_labels, n_units)) == (widths(blocks) if n_blocks else [])
    assert bool(rounds) == (not n_blocks) and sum(widths(tiles)) == n_labels
    if n_blocks:
        assert len(blocks) == n_blocks and sum(widths(blocks)) == n_rows
        assert max(widths(blocks)) - min(widths(blocks)) <= 1 and max(widths(blocks)) <= 2_048


def test_a_given_width_of_tiles_is_kept_in_a_step():
    assert len(sizes.step_pieces(64, 3_000, 200, 100)[1]) == 30


@pytest.mark.parametrize("n_labels, batch, widest", [
    (100_000, 20_000, 512), (100_000, 2_048, 512), (100_000, 1_024, 1_024), (100_000, 512, 2_048),
    (100_000, 1, 2_048), (9_600, 512, 600), (8_000, 512, 512), (50, 512, 50)])
def test_a_small_batch_has_wider_tiles_but_still_many(n_labels, batch, widest):
    """2^20 logits at most, where 16 tiles remain; and no more than 2,048 labels."""
    rows, tiles, _ = label_layer.LabelLayer(np.zeros((n_labels, 2), F32), np.zeros(n_labels, F32)).pieces(batch)
    widths = [width(tile) for tile in tiles]
    assert sum(widths) == n_labels and max(widths) <= widest < max(widths) * 1.1
    assert width(rows[0]) * max(widths) <= 2 ** 20


def test_a_round_has_as_many_tiles_as_leave_their_shares_of_dh_in_16_mib():
    """A share is 512 rows x 200 units x 4 bytes, so that 40 of them fit."""
    _, tiles, rounds = sizes.step_pieces(n_rows=512, n_labels=200_000, n_units=200)
    assert len(tiles) > 40 and width(rounds[0]) == 40


@pytest.mark.parametrize("n_labels, n_tiles", [(640, 1), (641, 2), (2_000, 4)])
def test_a_matrix_unit_has_tiles_of_its_own_width(n_labels, n_tiles):
    """Of 640 labels where a tile of any batch has so many, of as many as 2^18 logits are where that is more."""
    assert len(sizes.step_pieces(2_048, n_labels, 200, least=640)[1]) == max(n_tiles, sizes.MIN_ITEMS)
    assert len(sizes.step_pieces(256, 20_000, 200, tile_logits=2**18, least=640)[1]) == 20
    assert len(sizes.step_pieces(40 * 2_048, n_labels, 1_000, least=640)[1]) == n_tiles


@pytest.mark.parametrize("n_labels, n_tiles", [(1_280, 1), (1_281, 2), (5_000, 4)])
def test_a_matrix_unit_has_twice_as_wide_tiles_block_by_block(n_labels, n_tiles):
    _, tiles, rounds = sizes.step_pieces(20_000, n_labels, 200, least=640)
    assert len(tiles) == n_tiles and not rounds


@pytest.mark.parametrize("strip_logits, n_labels, n_rows", [
    (2_048, 64, 32), (2_047, 64, 32), (4_095, 64, 32), (4_096, 64, 64), (1, 64, 32), (65_536, 500, 128),
    (65_536, 1, 65_536)])
def test_strips_have_whole_columns_of_a_packed_matrix(strip_logits, n_labels, n_rows):
    assert sizes.strip_rows(strip_logits, n_labels) == n_rows


def test_blocks_are_cut_into_strips():
    strips, numbers = sizes.strips([slice(0, 70), slice(70, 134), slice(134, 135)], 32)
    assert widths(strips) == [32, 32, 6, 32, 32, 1] and numbers == [range(0, 3), range(3, 5), range(5, 6)]
    assert sizes.strips([], 32) == ([], [])


def test_strips_of_a_block_are_about_equal():
    assert widths(sizes.strips([slice(0, 2_048), slice(2_048, 3_616)], 672)[0]) == [512] * 4 + [544, 544, 480]
