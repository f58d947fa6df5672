"""Neurons beside sessions: read from NWB, aligned to trials; what cannot be used is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pynwb import NWBHDF5IO, NWBFile
from pynwb.ophys import Fluorescence, ImageSegmentation, OpticalChannel, RoiResponseSeries
from scipy.stats import norm

from analysis.neural.nwb_reading import read_spikes, read_traces, read_trials
from analysis.neural.rates import (
    Window,
    boxcar_ahead,
    changing,
    event_rates,
    moving_average,
    z_scores,
)
from analysis.neural.recording import Spikes, Traces
from models.errors import (
    EmptyDataError,
    ImpossibleOutcomeError,
    ModelError,
    NotFiniteError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
    UnsortedTrialsError,
)
from rig.errors import RecordingError

Fill = Callable[[NWBFile], None]


def written(folder: Path, fill: Fill) -> Path:
    """Return an NWB file with what `fill` adds to it."""
    file = NWBFile("neurons", "id", datetime.fromisoformat("2026-01-31T09:00:00+01:00"))
    fill(file)
    path = folder / "neurons.nwb"
    with NWBHDF5IO(str(path), "w") as io:
        io.write(file)
    return path


def add_units(trains: list[list[float]]) -> Fill:
    def fill(file: NWBFile) -> None:
        file.add_unit_column("quality", "of the sorting")
        for place, train in enumerate(trains):
            quality = "good" if place % 2 == 0 else "mua"
            file.add_unit(spike_times=train, quality=quality, id=10 + place)

    return fill


def add_rois(*names: str) -> Fill:
    """Add series of two cells in five frames; the first series has a rate, the others times."""

    def fill(file: NWBFile) -> None:
        channel = OpticalChannel(name="green", description="GCaMP6s", emission_lambda=520.0)
        device = file.create_device("microscope")
        plane = file.create_imaging_plane(
            name="plane", optical_channel=channel, device=device,
            description="layer 2/3", excitation_lambda=920.0, indicator="GCaMP6s", location="A1",
        )  # fmt: skip
        module = file.create_processing_module("ophys", "imaging")
        segmentation = ImageSegmentation()
        module.add(segmentation)
        cells = segmentation.create_plane_segmentation("cells", plane, "cells")
        for _ in range(3):
            cells.add_roi(image_mask=np.ones((2, 2)))
        region = cells.create_roi_table_region(region=[0, 2], description="two of three")
        fluorescence = Fluorescence()
        module.add(fluorescence)
        for place, name in enumerate(names):
            data = np.arange(10.0).reshape(5, 2) + place
            timing = (
                {"rate": 10.0, "starting_time": 2.0}
                if place == 0
                else {"timestamps": [0.0, 0.1, 0.2, 0.3, 0.5]}
            )
            fluorescence.add_roi_response_series(
                RoiResponseSeries(
                    name=name,
                    data=data,
                    rois=region,
                    unit="a.u.",
                    conversion=0.5,
                    offset=1.0,
                    **timing,
                )
            )

    return fill


def test_units_are_read_with_what_is_told_of_them(tmp_path: Path) -> None:
    spikes = read_spikes(written(tmp_path, add_units([[0.1, 0.2], [], [0.5]])))
    assert [times.tolist() for times in spikes.times] == [[0.1, 0.2], [], [0.5]]
    assert spikes.units.tolist() == [10, 11, 12]
    assert spikes.silent.tolist() == [11]
    assert spikes.about is not None
    assert spikes.about["quality"].tolist() == ["good", "mua", "good"]
    good = spikes.chosen(spikes.about["quality"] == "good")
    assert good.units.tolist() == [10, 12]
    later = good.on_clock(lambda times: 2 * times + 1)
    assert [times.tolist() for times in later.times] == [[1.2, 1.4], [2.0]]


@pytest.mark.parametrize(
    ("fill", "told"),
    [
        (lambda file: None, "the file holds no units"),
        (add_units([[], []]), "no unit has a single spike"),
        (add_units([[0.1], [0.2, np.nan]]), "unit 11 has 1 times that are missing"),
        (add_units([[0.1], [0.3, 0.2]]), "unit 11 go back at entry 1"),
    ],
)
def test_units_that_cannot_be_used_are_told_with_their_place(
    tmp_path: Path, fill: Fill, told: str
) -> None:
    path = written(tmp_path, fill)
    with pytest.raises(RecordingError, match=told) as refused:
        read_spikes(path)
    assert str(path) in refused.value.where


def test_units_without_times_are_told(tmp_path: Path) -> None:
    def fill(file: NWBFile) -> None:
        file.add_unit(id=1)

    with pytest.raises(RecordingError, match="no spike times"):
        read_spikes(written(tmp_path, fill))


def test_files_that_are_no_nwb_are_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such file"):
        read_spikes(tmp_path / "nothing.nwb")
    text = tmp_path / "text.nwb"
    text.write_text("spikes", encoding="utf-8")
    empty = tmp_path / "empty.nwb"
    pd.DataFrame({"a": [1]}).to_csv(empty)
    for path in (text, empty, Path(__file__)):
        with pytest.raises(RecordingError, match="cannot be read as NWB") as refused:
            read_traces(path)
        assert "\n" not in str(refused.value)


def test_hdf5_files_of_other_programs_are_told(tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["spikes"] = [1.0, 2.0]
    with pytest.raises(RecordingError, match="cannot be read as NWB"):
        read_spikes(path)


def test_traces_are_read_by_rate_or_by_times(tmp_path: Path) -> None:
    path = written(tmp_path, add_rois("cells", "neuropil"))
    cells = read_traces(path, "cells")
    assert cells.values["neuron"].values.tolist() == [0, 2]
    assert cells.times == pytest.approx([2.0, 2.1, 2.2, 2.3, 2.4])
    assert cells.values.values[:, 1].tolist() == [1.5, 2.5, 3.5, 4.5, 5.5]
    assert (cells.unit, cells.rate_hz) == ("a.u.", pytest.approx(10.0))
    neuropil = read_traces(path, "/processing/ophys/Fluorescence/neuropil")
    assert neuropil.times.tolist() == [0.0, 0.1, 0.2, 0.3, 0.5]
    with pytest.raises(RecordingError, match="more than one series") as refused:
        read_traces(path)
    assert "/processing/ophys/Fluorescence/cells" in refused.value.do
    with pytest.raises(RecordingError, match="no series of traces called 'soma'"):
        read_traces(path, "soma")


def test_a_single_series_needs_no_name_and_none_is_told(tmp_path: Path) -> None:
    assert read_traces(written(tmp_path, add_rois("cells"))).values.shape == (5, 2)
    with pytest.raises(RecordingError, match="no traces of ROIs"):
        read_traces(written(tmp_path, add_units([[0.1]])))


def test_trials_are_read_with_the_columns_of_the_file(tmp_path: Path) -> None:
    def fill(file: NWBFile) -> None:
        file.add_trial_column("freq", "of the tone, Hz")
        file.add_trial(start_time=1.0, stop_time=4.0, freq=5000)

    assert read_trials(written(tmp_path, fill))["freq"].tolist() == [5000]
    with pytest.raises(RecordingError, match="no trials"):
        read_trials(written(tmp_path, lambda file: None))


def test_the_counts_are_those_of_a_histogram() -> None:
    rng = np.random.default_rng(0)
    train = np.sort(rng.uniform(0, 60, 900))
    spikes, events, window = Spikes((train,), np.array([4])), [10.0, 31.003], Window(-0.5, 1.0)
    rates = event_rates(spikes, events, window, "none")
    assert rates.dims == ("trial", "time", "neuron")
    assert rates["time"].values[[0, 50, 149]].tolist() == [-0.5, 0.0, 0.99]
    for trial, event in enumerate(events):
        counts, _ = np.histogram(train - event, bins=np.linspace(-0.5, 1.0, 151))
        np.testing.assert_allclose(rates[trial, :, 0] * 0.01, counts, atol=1e-12)


def test_the_gaussian_is_that_of_the_text_also_at_the_ends() -> None:
    """One spike 30 ms before the window is seen in it, with the height of the density."""
    spikes = Spikes((np.array([9.475]),), np.array([0]))
    rates = event_rates(spikes, [10.0], Window(-0.5, 0.5))[0, :, 0]
    middles = rates["time"].values + 0.005
    expected = norm.pdf(middles, -0.525, 0.1)
    expected[middles > -0.525 + 0.405] = 0.0
    np.testing.assert_allclose(rates, expected, atol=0.01)
    assert float(rates[0]) == pytest.approx(norm.pdf(0.03, 0, 0.1), rel=0.01)


def test_the_boxcar_is_that_of_the_program() -> None:
    rng = np.random.default_rng(1)
    rates = rng.poisson(2.0, (3, 40)).astype(float)
    weights = np.array([norm.pdf(0.01 * k) for k in range(-10, 11)])
    assert weights.max() / weights.min() < 1.0051
    by_hand = [
        [
            sum(
                w * row[min(max(i + 1 + k, 0), 39)]
                for k, w in zip(range(-10, 11), weights, strict=True)
            )
            / weights.sum()
            for i in range(40)
        ]
        for row in rates
    ]
    np.testing.assert_allclose(boxcar_ahead(rates), by_hand, rtol=1e-12)
    spikes = Spikes((np.array([9.9, 10.0, 10.003]),), np.array([0]))
    alone = event_rates(spikes, [10.0], Window(0.0, 0.5), "boxcar ahead")[0, :, 0]
    assert float(alone[0]) == pytest.approx(100 * weights[:10].sum() / weights.sum(), rel=1e-6)


def test_z_scores_take_mean_of_the_baseline_and_sd_of_all() -> None:
    rng = np.random.default_rng(2)
    rates = xr.DataArray(
        rng.poisson(3, (6, 30, 2)), {"time": np.round(-0.1 + 0.01 * np.arange(30), 6)},
        ("trial", "time", "neuron"),
    )  # fmt: skip
    z = z_scores(rates, -0.1, 0.0)
    one = rates.values[:, :, 1]
    np.testing.assert_allclose(z[:, :, 1], (one - one[:, :10].mean()) / one.std(ddof=1))
    each = z_scores(rates, -0.1, 0.0, "trial")[4, :, 0]
    four = rates.values[4, :, 0]
    np.testing.assert_allclose(each, (four - four[:10].mean()) / four.std(ddof=1))


def test_neurons_that_are_still_are_named_and_left_out() -> None:
    spikes = Spikes((np.array([9.9]), np.array([]), np.array([10.2, 20.1])), np.array([5, 6, 7]))
    rates = event_rates(spikes, [10.0, 20.0])
    with pytest.raises(
        ImpossibleOutcomeError, match=r"1 neurons do not change their rate at all \(6\)"
    ):
        z_scores(rates)
    with pytest.raises(ImpossibleOutcomeError, match=r"2 neurons .* in some trial \(5, 6\)"):
        z_scores(rates.transpose("neuron", "time", "trial"), per="trial")
    assert changing(rates)["neuron"].values.tolist() == [5, 7]
    assert np.isfinite(z_scores(changing(rates)).values).all()


def test_a_moving_average_stands_in_the_middle_of_its_bins() -> None:
    series = xr.DataArray(np.arange(50.0), {"time": np.arange(50)}, ("time",))
    np.testing.assert_allclose(moving_average(series, 5)[2:-2], np.arange(2.0, 48))
    with pytest.raises(OutOfBoundsError, match="odd"):
        moving_average(series, 30)


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (lambda s: event_rates(s, [900.0]), EmptyDataError, "1 of 1 trials lie outside"),
        (lambda s: event_rates(s, [0.0, 10.0]), EmptyDataError, "1 of 2 trials lie outside"),
        (lambda s: event_rates(s, []), EmptyDataError, "events is empty"),
        (lambda s: event_rates(s, [10.0, np.nan]), NotFiniteError, "events"),
        (lambda s: event_rates(s, [10.0], smoothing="box"), UnknownNameError, "boxcar ahead"),
        (lambda s: event_rates(s, [10.0], sigma=0), OutOfBoundsError, "positive"),
        (lambda s: Window(1.0, 1.0), OutOfBoundsError, "no window"),
        (lambda s: Spikes((), np.array([])), EmptyDataError, "no units"),
        (lambda s: Spikes(s.times, np.array([1, 2])), ShapeError, "2 units"),
        (lambda s: changing(event_rates(s, [10.0]) * 0), EmptyDataError, "no neuron changes"),
        (lambda s: z_scores(event_rates(s, [10.0]), -9, -8), EmptyDataError, "no bin lies"),
        (lambda s: Traces(xr.DataArray(np.ones((3, 1)), dims=("t", "n"))), ShapeError, "time"),
        (
            lambda s: Traces(
                xr.DataArray(np.ones((2, 1)), {"time": [1.0, 0.0]}, ("time", "neuron"))
            ),
            UnsortedTrialsError,
            "go back",
        ),
    ],
)
def test_what_cannot_be_aligned_is_refused(
    make: Callable[[Spikes], object], error: type[ModelError], told: str
) -> None:
    spikes = Spikes((np.array([9.9, 10.1]),), np.array([0]))
    with pytest.raises(error, match=told):
        make(spikes)
