"""What the server counts, and where it is told of."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from gpu import metrics, server
from gpu.batching import BatchReport, Work
from gpu.metrics import Metrics
from gpu.processes import PageReport
from tests.unit.test_docs import docs, docstring_rows, table_headed


def lines(counted: Metrics) -> dict[str, float]:
    text = counted.text().decode()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


def watched() -> Metrics:
    counted = Metrics()
    counted.watch(lambda: {"detect": 2, "read": 40}, lambda: 7, lambda: 4, lambda: 0.5)
    return counted


def test_what_is_watched_is_read_when_asked_for() -> None:
    found = lines(watched())
    assert found['fieldtrail_ocr_queue_depth{work="detect"}'] == 2
    assert found['fieldtrail_ocr_queue_depth{work="read"}'] == 40
    assert (found["fieldtrail_ocr_accepted"], found["fieldtrail_ocr_active"]) == (7, 4)
    assert found["fieldtrail_ocr_device_utilisation"] == 0.5


def test_a_batch_is_counted_by_its_work_and_model() -> None:
    counted = watched()
    counted.batch(BatchReport(Work("read", model="tiny"), 3, 0.75, 0.1, 0.2, (0.01, 0.02, 0.03), failed=1))
    counted.batch(BatchReport(Work("detect", size=(64, 64)), 1, 1.0, 0.0, 0.3, (0.5,), failed=0))
    found = lines(counted)
    tiny = '{model="tiny",work="read"}'
    assert found[f"fieldtrail_ocr_batch_size_sum{tiny}"] == 3
    assert found[f"fieldtrail_ocr_batch_fill_sum{tiny}"] == 0.75
    assert found[f"fieldtrail_ocr_batch_padding_sum{tiny}"] == 0.1
    assert found[f"fieldtrail_ocr_batch_seconds_sum{tiny}"] == 0.2
    assert found[f"fieldtrail_ocr_failures_total{tiny}"] == 1
    assert found['fieldtrail_ocr_queue_wait_seconds_sum{work="read"}'] == pytest.approx(0.06)
    assert found['fieldtrail_ocr_queue_wait_seconds_count{work="detect"}'] == 1
    assert found["fieldtrail_ocr_busy_seconds_total"] == pytest.approx(0.5)


def test_a_page_that_a_process_read_makes_no_batch() -> None:
    counted = watched()
    counted.whole_page(PageReport("cascade", 0.4, 2.5, failed=False))
    counted.whole_page(PageReport("cascade", 0.1, 0.5, failed=True))
    found = lines(counted)
    assert found["fieldtrail_ocr_busy_seconds_total"] == pytest.approx(0.5)
    assert found['fieldtrail_ocr_queue_wait_seconds_sum{work="page"}'] == pytest.approx(3.0)
    assert found['fieldtrail_ocr_failures_total{model="cascade",work="page"}'] == 1
    assert not any(name.startswith("fieldtrail_ocr_batch") for name in found)


def test_only_pages_that_were_read_count_in_the_seconds() -> None:
    counted = watched()
    counted.page("ok", 2.0, 0.5)
    counted.page("busy", 0.001, 0.0)
    found = lines(counted)
    assert found['fieldtrail_ocr_pages_total{outcome="ok"}'] == 1
    assert found['fieldtrail_ocr_pages_total{outcome="busy"}'] == 1
    assert found['fieldtrail_ocr_pages_total{outcome="failed"}'] == 0
    assert (found["fieldtrail_ocr_page_seconds_sum"], found["fieldtrail_ocr_page_seconds_count"]) == (2.0, 1)
    assert found["fieldtrail_ocr_page_wait_seconds_sum"] == 0.5


def test_a_gpu_s_own_figure_comes_from_nvml_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert not watched().watch_gpu(0)
    nvml: Any = ModuleType("pynvml")
    nvml.nvmlInit = lambda: None
    nvml.nvmlDeviceGetHandleByIndex = lambda index: index
    nvml.nvmlDeviceGetUtilizationRates = lambda handle: SimpleNamespace(gpu=40 + handle)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    counted = watched()
    assert counted.watch_gpu(1)
    assert lines(counted)["fieldtrail_ocr_gpu_utilisation"] == pytest.approx(0.41)


def test_every_metric_is_told_in_the_module_and_in_the_docs() -> None:
    told = [(name.strip("`"), *rest) for name, *rest in docstring_rows(metrics.__doc__)]
    there = {line.split()[2] for line in watched().text().decode().splitlines() if line.startswith("# TYPE")}
    there = {name.removesuffix("_total") for name in there if not name.endswith("_created")}
    assert there | {"fieldtrail_ocr_gpu_utilisation"} == {name for name, *_ in told}
    rows = table_headed(docs("microbatcher.md"), "metric", "kind", "labels", "what it counts")
    assert rows == [(f"`{name}`", *rest) for name, *rest in told]


def test_every_path_is_told_in_the_docs() -> None:
    rows = table_headed(docs("microbatcher.md"), "path", "answer")
    assert [row[0] for row in rows] == [f"`{path}`" for path, _ in docstring_rows(server.__doc__)]
