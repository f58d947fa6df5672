"""Run every benchmark and print its figures: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import (
    all_protocols,
    calibration_speaker,
    camera_scale,
    clocks,
    data_path,
    decoding,
    engine_step,
    intrinsic_maps,
    lick_to_command,
    logger_alone,
    long_session,
    model_fits,
    network,
    recording_peers,
    registration,
    screen,
    session_speed,
    sound_card,
    two_cards,
    window_kill,
)

BENCHMARKS = (
    session_speed,
    sound_card,
    calibration_speaker,
    engine_step,
    long_session,
    all_protocols,
    data_path,
    logger_alone,
    lick_to_command,
    recording_peers,
    two_cards,
    screen,
    window_kill,
    model_fits,
    decoding,
    clocks,
    network,
    camera_scale,
    registration,
    intrinsic_maps,
)


def main() -> None:
    """Run the benchmarks one after the other."""
    for benchmark in BENCHMARKS:
        print(f"\n{(benchmark.__doc__ or '').splitlines()[0]}")
        for name, value in benchmark.measure():
            print(f"  {name:<62} {value}")


if __name__ == "__main__":
    main()
