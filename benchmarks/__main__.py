"""Run every benchmark and print its figures: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import all_protocols, engine_step, long_session, session_speed


def main() -> None:
    """Run the benchmarks one after the other."""
    for benchmark in (session_speed, engine_step, long_session, all_protocols):
        print(f"\n{(benchmark.__doc__ or '').splitlines()[0]}")
        for name, value in benchmark.measure():
            print(f"  {name:<62} {value}")


if __name__ == "__main__":
    main()
